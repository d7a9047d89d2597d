import { join } from "node:path";
import { type Random, writeFileAtomic } from "../../core/mod.ts";
import { withLock } from "../../policy/mod.ts";
import { raiseEpoch } from "../trust/seen.ts";
import { activeContent, type ActiveRecord } from "./active.ts";
import { activeFile, checkToolFolder, epochName, type GeneratedPlace, toolsFolder } from "./place.ts";
import { sealTool } from "./seal.ts";
import { readState, survivingVersions, type ToolState } from "./tool-state.ts";

/** What changes of tools work with. */
export interface ChangePorts extends GeneratedPlace {
  /** Names the folders that versions are made in. */
  readonly random: Random;
}

/**
 * Changes a tool under the lock of the project's tools.
 *
 * @param ports Project and key.
 * @param name Name of the tool.
 * @param work Gets the state as it is now; it calls `check` right before it writes, which throws when the lock was lost.
 * @returns What `work` returns.
 * @throws {SkillsError} As `work` does, and for a folder that is a link.
 */
export function locked<T>(ports: ChangePorts, name: string, work: (state: ToolState, check: () => void) => T): T {
  // Threat: a clone whose folder of tools is a link: not even a lock is written behind it.
  checkToolFolder(ports.project, name);
  return withLock(
    join(toolsFolder(ports.project), "generated"),
    ports.clock,
    (lock) => work(readState(ports, name), () => lock.check()),
  );
}

/** Writes `active.json`, then the counter in the user's home that finds an older one put back. */
export function writeActive(ports: ChangePorts, record: ActiveRecord): void {
  const { name, epoch } = record;
  const sealed = sealTool(ports, { kind: "generated-active", name }, activeContent(record));
  writeFileAtomic(activeFile(ports.project, name), new TextEncoder().encode(sealed));
  // Killed before this line: the file is newer than the counter says, which is never a fault.
  raiseEpoch(ports, epochName(ports.project, name), epoch);
}

/** The versions of a tool; of a changed `active.json` those whose own files are whole. */
export function keptVersions(place: GeneratedPlace, name: string, state: ToolState): ActiveRecord["versions"] {
  if (state.kind === "known") return state.record.versions;
  return state.kind === "tampered" ? survivingVersions(place, name) : [];
}

/** How often the tool was changed so far. */
export function epochOf(state: ToolState): number {
  if (state.kind === "known") return state.record.epoch;
  return state.kind === "tampered" ? state.epoch : 0;
}

/** The version that runs, as `active.json` lists it. */
export function activeVersion(record: ActiveRecord): ActiveRecord["versions"][number] | null {
  return record.versions.find(({ n }) => n === record.active) ?? null;
}
