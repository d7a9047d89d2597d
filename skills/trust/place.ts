import { existsSync } from "node:fs";
import { join } from "node:path";
import { AgentZeroError, type Clock, shape } from "../../core/mod.ts";
import {
  type MacUse,
  openJson,
  type PolicyKeys,
  readStateText,
  sealJson,
  withLock,
  writeStateText,
} from "../../policy/mod.ts";
import { SkillsError } from "../errors.ts";

/** Where trust is kept and with what it is protected. */
export interface TrustPlace {
  /** `$AGENTZERO_HOME`, real path. */
  readonly home: string;
  /** Derives the key of the MACs. */
  readonly keys: PolicyKeys;
  /** Says when something was trusted. */
  readonly clock: Clock;
}

/** The files of trust that skills keep. */
export type TrustFileName = "publishers" | "seen" | "revoked";

/** What the key store remembers: these exist, at least this new. */
type IndexedFile = TrustFileName | "packages";

const LABEL = "az/trust/v1";
const INDEX_USE: MacUse = { label: LABEL, kind: "trust-index" };
// As policy writes the file.
const GRANTS_USE: MacUse = { label: LABEL, kind: "packages" };
const COUNTS = shape.record(shape.string(), shape.integer({ min: 0 }));

/** Path of a file of trust. */
export function trustPath(home: string, file: TrustFileName): string {
  return join(home, "trust", `${file}.json`);
}

/** The file that grants of packages are kept in; policy writes it. */
export function packageGrantsPath(home: string): string {
  return join(home, "grants", "packages.json");
}

/**
 * Reads a file of trust.
 *
 * @param place Where.
 * @param file Which.
 * @returns Its content without `mac`, or `null` when it was never written.
 * @throws {SkillsError} `TRUST_TAMPERED` when its MAC does not hold, it is gone, or an older one was put back;
 * `TRUST_LOCKED` without the key.
 */
export function readTrustFile(place: TrustPlace, file: TrustFileName): Readonly<Record<string, unknown>> | null {
  const path = trustPath(place.home, file);
  const index = readIndex(place);
  const wanted = index?.[file] ?? 0;
  const { text, unsafe } = readStateText(path);
  if (unsafe) throw tampered(path, "it is a link, belongs to somebody else, or others may open it");
  if (text === null) {
    // Threat: pins or revocations deleted, so that what they forbade counts as never heard of.
    if (wanted > 0) throw tampered(path, "it existed and is gone");
    return null;
  }
  const content = withKey(() => openJson(place.keys, { label: LABEL, kind: file }, text));
  if (content === null || content["v"] !== 1) throw tampered(path, "its MAC does not hold");
  if (index === null) throw tampered(indexPath(place.home), "it existed and is gone");
  // Threat: an older file put back, from before a key was revoked. Its MAC holds; its number does not.
  if (generationOf(content) < wanted) throw tampered(path, "an older one was put back");
  return content;
}

/**
 * Changes a file of trust under its lock.
 *
 * @param place Where.
 * @param file Which.
 * @param edit Gets the content as it is, and returns it as it shall be; `v`, `generation` and `mac` are added.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`. @throws {PolicyError} `STATE_WRITE`; nothing changed then.
 */
export function editTrustFile(
  place: TrustPlace,
  file: TrustFileName,
  edit: (content: Readonly<Record<string, unknown>> | null) => Readonly<Record<string, unknown>>,
): void {
  const path = trustPath(place.home, file);
  withLock(join(place.home, "trust", "files"), place.clock, (lock) => {
    // The index stands before the first file: a file without it was robbed of it.
    if (readIndex(place) === null && !trustExists(place.home)) writeIndex(place, {}, () => lock.check());
    const before = readTrustFile(place, file);
    const generation = (before === null ? 0 : generationOf(before)) + 1;
    const content = { ...edit(before), v: 1, generation };
    const text = withKey(() => sealJson(place.keys, { label: LABEL, kind: file }, content));
    writeStateText(path, text, () => lock.check());
    // Killed before this line: the file is newer than the index says, which is never a fault.
    writeIndex(place, { ...readIndex(place), [file]: generation }, () => lock.check());
  });
}

/**
 * Sees to it that the grants of packages are there and sound, if there ever were any.
 *
 * @param place Where.
 * @param tampered Files of answers whose MAC does not hold, from policy.
 * @throws {SkillsError} `TRUST_TAMPERED`.
 */
export function checkPackageGrants(place: TrustPlace, tamperedFiles: readonly string[]): void {
  const path = packageGrantsPath(place.home);
  if (tamperedFiles.includes(path)) throw tampered(path, "its MAC does not hold");
  const wanted = readIndex(place)?.packages ?? 0;
  if (wanted === 0) return;
  if (!existsSync(path)) throw tampered(path, "it existed and is gone");
  // Threat: a grant that was taken back returns with a copy of the file. Its MAC holds; its number does not.
  if (grantsGeneration(place) < wanted) throw tampered(path, "an older one was put back");
}

/** Remembers that grants of packages exist, and how often they were changed: call it after each change of them. */
export function notePackageGrants(place: TrustPlace): void {
  const generation = grantsGeneration(place);
  if ((readIndex(place)?.packages ?? 0) >= generation) return;
  withLock(join(place.home, "trust", "files"), place.clock, (lock) => {
    const index = readIndex(place);
    writeIndex(place, { ...index, packages: Math.max(index?.packages ?? 0, generation) }, () => lock.check());
  });
}

function grantsGeneration(place: TrustPlace): number {
  const { text } = readStateText(packageGrantsPath(place.home));
  const content = text === null ? null : withKey(() => openJson(place.keys, GRANTS_USE, text));
  return content === null ? 0 : generationOf(content);
}

function trustExists(home: string): boolean {
  return (["publishers", "seen", "revoked"] as const).some((file) => existsSync(trustPath(home, file)));
}

function indexPath(home: string): string {
  return join(home, "keys", "trust-files.json");
}

type Counts = Readonly<Partial<Record<IndexedFile, number>>>;

function readIndex(place: TrustPlace): Counts | null {
  const path = indexPath(place.home);
  const { text, unsafe } = readStateText(path);
  if (unsafe) throw tampered(path, "it is a link, belongs to somebody else, or others may open it");
  if (text === null) return null;
  const content = withKey(() => openJson(place.keys, INDEX_USE, text));
  const files = content === null || content["v"] !== 1 ? null : COUNTS.safeParse(content["files"]);
  if (files === null || !files.success) throw tampered(path, "its MAC does not hold");
  return files.data;
}

function writeIndex(place: TrustPlace, files: Counts, before: () => void): void {
  const text = withKey(() => sealJson(place.keys, INDEX_USE, { v: 1, files }));
  writeStateText(indexPath(place.home), text, before);
}

function generationOf(content: Readonly<Record<string, unknown>>): number {
  const generation = content["generation"];
  return typeof generation === "number" ? generation : 0;
}

/** Runs work that needs the key of a MAC. @throws {SkillsError} `TRUST_LOCKED` without it. */
export function withKey<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof AgentZeroError) || !cause.code.startsWith("KEY_")) throw cause;
    throw new SkillsError("TRUST_LOCKED", "Cannot read what is trusted: the key of its MAC is not there", {
      hint: "restore the folder keys of your home from a backup, then: agentzero doctor",
      cause,
    });
  }
}

/** Says that something else than this program changed what is trusted. */
export function tampered(path: string, why: string): SkillsError {
  return new SkillsError("TRUST_TAMPERED", `Cannot rely on "${path}": ${why}`, {
    // Not the whole folder: it holds the ledger of the record and the policies that are trusted, too.
    hint: "put it back from a backup; or start anew: remove, below your home, only trust/publishers.json, " +
      "trust/revoked.json, trust/seen.json, grants/packages.json and keys/trust-files.json; then trust and revoke again",
  });
}
