import type { RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { FIXED } from "../limits.ts";
import type { ListEntry, ListSpec, ListValue } from "./read-spec.ts";
import { lstatOrNull } from "./stamp.ts";
import { walk, type WalkEnd, type WalkEntry } from "./walk.ts";

/**
 * Lists what is below a folder.
 *
 * @param deps Clock and platform.
 * @param spec Folder, depth and cap.
 * @param io `admit` decides on each folder before it is entered.
 * @returns The entries.
 * @throws {SandboxError} `NOT_FOUND`, `PATH_CHANGED`, `FILE_REFUSED`, `CANCELLED`.
 */
export async function listFolder(deps: SandboxDeps, spec: ListSpec, io: RunIo): Promise<ListValue> {
  const end: WalkEnd = { truncated: false };
  const entries: ListEntry[] = [];
  let omitted = 0;
  const options = {
    platform: deps.facts.platform,
    clock: deps.clock,
    signal: io.signal,
    maxDepth: Math.min(spec.depth, FIXED.walkDepth),
    maxEntries: spec.maxEntries,
    enter(entry: WalkEntry): boolean {
      if (io.admit === undefined || io.admit(entry.real)) return true;
      omitted++;
      return false;
    },
  };
  for await (const entry of walk(spec.target, options, end)) {
    entries.push({ path: entry.path, kind: entry.kind, size: entry.kind === "file" ? sizeOf(entry) : null });
  }
  return { op: "list", entries, omitted, truncated: end.truncated };
}

function sizeOf(entry: WalkEntry): number | null {
  const stat = lstatOrNull(entry.folder.at(entry.name));
  return stat === null ? null : Number(stat.size);
}
