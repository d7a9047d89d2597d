import { rmSync } from "node:fs";
import { join } from "node:path";
import { b2, toHex } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { ActiveRecord } from "./active.ts";
import type { CheckedDefinition } from "./definition.ts";
import { activeVersion, type ChangePorts, epochOf, keptVersions, locked, writeActive } from "./edit-tool.ts";
import { entryContent, examplesJson, type ToolEntryRecord, type ToolOrigin } from "./entry.ts";
import { changed } from "./known-tool.ts";
import { type GeneratedPlace, toolFolder, versionFolder } from "./place.ts";
import { sealTool } from "./seal.ts";
import { generatedSkillText, sourceFile } from "./skill-text.ts";
import { placeFolder } from "./tool-files.ts";
import { folderNames, readState, type ToolState, versionNumbers } from "./tool-state.ts";
import { actorOf, readVersion, type ToolVersion } from "./tool-version.ts";

/** Versions that are kept of one tool. */
export const MAX_VERSIONS = 20;

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
    writeActive(ports, { name, active: n, disabled: null, failures: 0, versions: kept, epoch: epochOf(state) + 1 });
    sweep(ports.project, name, { kept: kept.map((version) => version.n), ours: versions.map((version) => version.n) });
    const version = readVersion(ports, name, { n, entry: b2(sealed) });
    if (version === null) throw changed(name, "its files were changed while they were written");
    return version;
  });
}

function nextNumber(place: GeneratedPlace, name: string, state: ToolState): number {
  // What was never registered may be written over; a foreign folder keeps its numbers.
  const numbers = state.kind === "known"
    ? state.record.versions.map(({ n }) => n)
    : versionNumbers(place.project, name);
  return Math.max(0, ...numbers) + 1;
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
