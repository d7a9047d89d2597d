import { rmSync } from "node:fs";
import { join } from "node:path";
import { b2, type Random, toHex, writeFileAtomic } from "../../core/mod.ts";
import { withLock } from "../../policy/mod.ts";
import { SkillsError } from "../errors.ts";
import { raiseEpoch } from "../trust/seen.ts";
import { activeContent, type ActiveRecord, type DisabledBy } from "./active.ts";
import type { CheckedDefinition } from "./definition.ts";
import { entryContent, examplesJson, type ToolEntryRecord, type ToolOrigin } from "./entry.ts";
import {
  activeFile,
  checkToolFolder,
  epochName,
  type GeneratedPlace,
  toolFolder,
  toolsFolder,
  versionFolder,
} from "./place.ts";
import { sealTool } from "./seal.ts";
import { generatedSkillText, sourceFile } from "./skill-text.ts";
import { placeFolder } from "./tool-files.ts";
import { folderNames, readState, survivingVersions, type ToolState, versionNumbers } from "./tool-state.ts";
import { actorOf, readVersion, type ToolVersion } from "./tool-version.ts";

/** What changes of tools work with. */
export interface ChangePorts extends GeneratedPlace {
  /** Names the folders that versions are made in. */
  readonly random: Random;
}

/** Versions that are kept of one tool. */
export const MAX_VERSIONS = 20;

/** Failures in a row that switch a tool off. */
const MAX_FAILURES = 3;

/** A version as it would be registered: what an approval is for. */
export interface PlannedVersion {
  /** Its number. */
  readonly n: number;
  /** Digest of the entry that is active now; `null` where there is none. */
  readonly base: string | null;
  /** The active version, for a diff; `null` where there is none. */
  readonly before: ToolVersion | null;
  /** Its `SKILL.md`. */
  readonly text: string;
  /** The actor that it will be. */
  readonly actor: ToolVersion["actor"];
}

/**
 * Says what registering a definition would make. Changes nothing.
 *
 * @param place Project and key.
 * @param checked The definition.
 * @returns Number, actor and what it would replace.
 */
export function planVersion(place: GeneratedPlace, checked: CheckedDefinition): PlannedVersion {
  const { name, language } = checked.definition;
  const state = readState(place, name);
  const n = nextNumber(place, name, state);
  const active = state.kind === "known" ? activeVersion(state.record) : null;
  const text = generatedSkillText(checked.definition, n);
  const parts = { name, n, language, source: checked.source, text: b2(text), permissions: checked.compiled };
  return {
    n,
    base: active?.entry ?? null,
    before: active === null ? null : readVersion(place, name, active),
    text,
    actor: actorOf(place.project, { ...parts, perm: checked.perm }),
  };
}

/**
 * Registers a version and makes it the active one: first its whole folder, then `active.json`, then the counter in the
 * user's home. A kill between any two of them leaves the previous version active.
 *
 * @param ports Project, key and random bytes.
 * @param checked The definition.
 * @param of The plan that was approved, how the tool came to be, and the engine that its examples ran in.
 * @returns The version.
 * @throws {SkillsError} `BUSY` when another version was registered meanwhile; `WRITE_FAILED`.
 */
export function registerVersion(
  ports: ChangePorts,
  checked: CheckedDefinition,
  of: { readonly plan: PlannedVersion; readonly origin: ToolOrigin; readonly engine: ToolEntryRecord["engine"] },
): ToolVersion {
  const { definition, compiled: permissions, perm, source } = checked;
  const { name, language, inputSchema } = definition;
  const { plan: { n, text, base }, origin, engine } = of;
  return locked(ports, name, (state, check) => {
    const before = state.kind === "known" ? state.record : null;
    const active = before === null ? null : activeVersion(before);
    if ((active?.entry ?? null) !== base || nextNumber(ports, name, state) !== n) throw overtaken(name);
    const parts = { name, n, language, source, text: b2(text), inputSchema, permissions, perm, engine };
    const entry: ToolEntryRecord = { ...parts, examples: examplesJson(definition.examples), ...origin };
    const sealed = sealTool(ports, { kind: "generated-entry", name }, entryContent(entry));
    placeFolder(versionFolder(ports.project, name, n), [
      { name: sourceFile(language), bytes: bytesOf(definition.source) },
      { name: "SKILL.md", bytes: bytesOf(text) },
      { name: "entry.json", bytes: bytesOf(sealed) },
    ], toHex(ports.random.bytes(8)));
    const versions = [...keptVersions(ports, name, state), { n, entry: b2(sealed) }];
    const kept = withoutOldest(versions, n);
    check();
    write(ports, { name, active: n, disabled: null, failures: 0, versions: kept, epoch: epochOf(state) + 1 });
    sweep(ports.project, name, { kept: kept.map((version) => version.n), ours: versions.map((version) => version.n) });
    const version = readVersion(ports, name, { n, entry: b2(sealed) });
    if (version === null) throw changed(name, "its files were changed while they were written");
    return version;
  });
}

/**
 * Makes another version the active one, and switches the tool on.
 *
 * @param ports Project, key and random bytes.
 * @param name Name of the tool.
 * @param wanted Number of the version; `null` for the one before the active one.
 * @returns The version that is active now.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`; `TOOL_DISABLED` when the files of that version were changed.
 */
export function rollbackTool(ports: ChangePorts, name: string, wanted: number | null): ToolVersion {
  return locked(ports, name, (state, check) => {
    const versions = keptVersions(ports, name, known(state, name, { tampered: "mended" }));
    const active = state.kind === "known" ? state.record.active : Infinity;
    const target = wanted === null ? versions.findLast(({ n }) => n < active) : versions.find(({ n }) => n === wanted);
    if (target === undefined) {
      const what = wanted === null ? "a version before the active one" : `version ${wanted}`;
      throw new SkillsError("NOT_FOUND", `Cannot roll back "${name}": there is no ${what.replace(/^a /, "")}`, {
        hint: versions.length === 0 ? "generate it anew" : `versions: ${versions.map(({ n }) => n).join(" ")}`,
      });
    }
    const version = readVersion(ports, name, target);
    if (version === null) throw changed(name, `the files of version ${target.n} are not the ones that were registered`);
    check();
    write(ports, { name, active: target.n, disabled: null, failures: 0, versions, epoch: epochOf(state) + 1 });
    return version;
  });
}

/**
 * Switches a tool off.
 *
 * @param ports Project, key and random bytes.
 * @param name Name of the tool.
 * @param by Why.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`.
 */
export function disableTool(ports: ChangePorts, name: string, by: DisabledBy): void {
  locked(ports, name, (state, check) => {
    // What was changed by something else does not run as it is.
    if (known(state, name, { tampered: "mended" }).kind !== "known" || state.kind !== "known") return;
    if (state.record.disabled !== null) return;
    check();
    write(ports, { ...state.record, disabled: by, epoch: state.record.epoch + 1 });
  });
}

/**
 * Counts how a run of the sandbox ended; the third failure in a row switches the tool off.
 *
 * @param ports Project, key and random bytes.
 * @param version The version that ran.
 * @param failed `true` for a trap, a limit, an error of the engine; what a tool throws by itself is none.
 * @returns `true` when the tool is off now.
 */
export function noteRun(ports: ChangePorts, version: Pick<ToolVersion, "entry">, failed: boolean): boolean {
  const { name, n } = version.entry;
  const now = readState(ports, name);
  if (now.kind !== "known" || now.record.active !== n || (!failed && now.record.failures === 0)) return false;
  return locked(ports, name, (state, check) => {
    if (state.kind !== "known" || state.record.active !== n || state.record.disabled !== null) return false;
    const failures = failed ? state.record.failures + 1 : 0;
    const off = failures >= MAX_FAILURES;
    check();
    write(ports, { ...state.record, failures, disabled: off ? "failures" : null, epoch: state.record.epoch + 1 });
    return off;
  });
}

/** Says that files of a tool are not the ones that were registered. */
export function changed(name: string, why: string): SkillsError {
  return new SkillsError("TOOL_DISABLED", `Cannot use tool "${name}": ${why}`, {
    hint: `look at it, then: agentzero tool rollback ${name} N, or generate it anew`,
  });
}

/**
 * Gives the state of a tool that is this user's.
 *
 * @param state As it was read.
 * @param name Name of the tool.
 * @param on What a changed `active.json` is: refused, or about to be mended.
 * @returns The state.
 * @throws {SkillsError} `NOT_FOUND`, `TOOL_FOREIGN`, `TOOL_DISABLED`.
 */
export function known(
  state: ToolState,
  name: string,
  on: { readonly tampered: "refused" | "mended" },
): Extract<ToolState, { kind: "known" | "tampered" }> {
  switch (state.kind) {
    case "known":
      return state;
    case "tampered":
      if (on.tampered === "refused") throw changed(name, state.why);
      return state;
    case "foreign":
      throw new SkillsError("TOOL_FOREIGN", `Cannot use tool "${name}": ${state.why}`, {
        hint: `look at it, then make it yours: agentzero tool generate --from .agentzero/skills/${name}`,
      });
    case "none":
      throw new SkillsError("NOT_FOUND", `Cannot use tool "${name}": there is no such tool`, {
        hint: "agentzero tool list",
      });
    default:
      return state satisfies never;
  }
}

function locked<T>(ports: ChangePorts, name: string, work: (state: ToolState, check: () => void) => T): T {
  // Threat: a clone whose folder of tools is a link: not even a lock is written behind it.
  checkToolFolder(ports.project, name);
  return withLock(
    join(toolsFolder(ports.project), "generated"),
    ports.clock,
    (lock) => work(readState(ports, name), () => lock.check()),
  );
}

function write(ports: ChangePorts, record: ActiveRecord): void {
  const { name, epoch } = record;
  const sealed = sealTool(ports, { kind: "generated-active", name }, activeContent(record));
  writeFileAtomic(activeFile(ports.project, name), bytesOf(sealed));
  // Killed before this line: the file is newer than the counter says, which is never a fault.
  raiseEpoch(ports, epochName(ports.project, name), epoch);
}

function activeVersion(record: ActiveRecord): ActiveRecord["versions"][number] | null {
  return record.versions.find(({ n }) => n === record.active) ?? null;
}

function keptVersions(place: GeneratedPlace, name: string, state: ToolState): ActiveRecord["versions"] {
  if (state.kind === "known") return state.record.versions;
  return state.kind === "tampered" ? survivingVersions(place, name) : [];
}

function nextNumber(place: GeneratedPlace, name: string, state: ToolState): number {
  // What was never registered may be written over; a foreign folder keeps its numbers.
  const numbers = state.kind === "known"
    ? state.record.versions.map(({ n }) => n)
    : versionNumbers(place.project, name);
  return Math.max(0, ...numbers) + 1;
}

function epochOf(state: ToolState): number {
  if (state.kind === "known") return state.record.epoch;
  return state.kind === "tampered" ? state.epoch : 0;
}

function withoutOldest(versions: ActiveRecord["versions"], active: number): ActiveRecord["versions"] {
  const [oldest] = versions.filter(({ n }) => n !== active);
  return versions.length > MAX_VERSIONS && oldest !== undefined
    ? withoutOldest(versions.filter((version) => version !== oldest), active)
    : versions;
}

// Folders that a killed registration left, and versions that fell out of the list.
function sweep(
  project: string,
  name: string,
  { kept, ours }: { readonly kept: readonly number[]; readonly ours: readonly number[] },
): void {
  const folder = toolFolder(project, name);
  const dropped = new Set(ours.filter((n) => !kept.includes(n)).map((n) => `v${n}`));
  for (const entry of folderNames(folder)) {
    if (dropped.has(entry) || /^\.v\d+\.[0-9a-f]+\.new$/.test(entry)) {
      rmSync(join(folder, entry), { recursive: true, force: true });
    }
  }
}

function overtaken(name: string): SkillsError {
  return new SkillsError("BUSY", `Cannot register tool "${name}": another version was registered meanwhile`, {
    hint: "generate it again",
  });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
