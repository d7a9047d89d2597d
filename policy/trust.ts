import { join } from "node:path";
import { type Clock, isSha256 } from "../core/mod.ts";
import type { PolicyKeys } from "./engine-types.ts";
import { isRecord, type MacUse, openJson, sealJson } from "./mac.ts";
import { readStateText, withLock, writeStateText } from "./state-file.ts";

/** What a person vouched for in one project. */
export interface TrustEntry {
  /** Real path of the project. */
  readonly project: string;
  /** `sha256:` of `.agentzero/policy.yml`. */
  readonly sha256: string;
  /** `sha256:` of `.agentzero/config.yml`, or `null` when there was none. */
  readonly config: string | null;
  /** `sha256:` of `AGENTS.md`, or `null` when there was none. */
  readonly agents: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Where trust is kept and with what it is protected. */
export interface TrustStore {
  /** `$AGENTZERO_HOME`. */
  readonly home: string;
  /** Derives the key of the list's MAC. */
  readonly keys: PolicyKeys;
  /** Says when trust was given. */
  readonly clock: Clock;
}

/** All entries; `tampered` when the file exists and its MAC does not hold: then nothing is trusted. */
export interface TrustList {
  /** At most one for a project; empty when `tampered`. */
  readonly entries: readonly TrustEntry[];
  /** `true` when the file was changed by something that lacks the key. */
  readonly tampered: boolean;
}

const USE: MacUse = { label: "az/trust/v1", kind: "policies" };

/** The file of trusted policies. */
export function trustFile(home: string): string {
  return join(home, "trust", "policies.json");
}

/**
 * Reads which policies a person trusts.
 *
 * @param store Where.
 * @returns The entries.
 */
export function readTrust({ home, keys }: Pick<TrustStore, "home" | "keys">): TrustList {
  const { text, unsafe } = readStateText(trustFile(home));
  if (text === null) return { entries: [], tampered: unsafe };
  const content = openJson(keys, USE, text);
  const entries = content === null || content["v"] !== 1 ? null : content["entries"];
  // Threat: an entry added with an editor. Without the key nobody can make the MAC, and then no entry counts.
  if (!Array.isArray(entries) || !entries.every(isEntry)) return { entries: [], tampered: true };
  return { entries, tampered: false };
}

/**
 * Tells what is trusted of a project. One state at a time: trusting a new one ends the trust in the old one.
 *
 * @param store Where.
 * @param project Real path of the project.
 * @returns The entry, or `null`.
 */
export function trustOf(store: Pick<TrustStore, "home" | "keys">, project: string): TrustEntry | null {
  return readTrust(store).entries.find((entry) => entry.project === project) ?? null;
}

/**
 * Tells whether a policy file counts as granting.
 *
 * @param store Where.
 * @param project Real path of the project.
 * @param hash `sha256:` of the bytes that would count.
 */
export function isPolicyTrusted(store: Pick<TrustStore, "home" | "keys">, project: string, hash: string): boolean {
  return trustOf(store, project)?.sha256 === hash;
}

/**
 * Trusts the policy, and with it config and AGENTS.md, of a project as they are now.
 *
 * @param store Where.
 * @param entry What a person vouches for.
 * @throws {PolicyError} `STATE_WRITE`.
 */
export function trustPolicy(store: TrustStore, entry: Omit<TrustEntry, "at">): void {
  change(store, (entries) => [
    ...entries.filter(({ project }) => project !== entry.project),
    { ...entry, at: store.clock.now() },
  ]);
}

/**
 * Ends the trust in the policy of one project, or of all.
 *
 * @param store Where.
 * @param project Real path, or `null` for all.
 * @returns The entries that were dropped.
 * @throws {PolicyError} `STATE_WRITE`.
 */
export function untrustPolicy(store: TrustStore, project: string | null): readonly TrustEntry[] {
  let dropped: readonly TrustEntry[] = [];
  change(store, (entries) => {
    dropped = entries.filter((entry) => project === null || entry.project === project);
    return entries.filter((entry) => !dropped.includes(entry));
  });
  return dropped;
}

function change(store: TrustStore, edit: (entries: readonly TrustEntry[]) => readonly TrustEntry[]): void {
  const path = trustFile(store.home);
  withLock(path, store.clock, (lock) => {
    const entries = edit(readTrust(store).entries);
    const text = sealJson(store.keys, USE, { v: 1, entries });
    writeStateText(path, text, () => lock.check());
  });
}

function isEntry(value: unknown): value is TrustEntry {
  return isRecord(value) && typeof value["project"] === "string" && isSha256(value["sha256"]) &&
    isHashOrNull(value["config"]) && isHashOrNull(value["agents"]) && Number.isSafeInteger(value["at"]);
}

function isHashOrNull(value: unknown): boolean {
  return value === null || isSha256(value);
}
