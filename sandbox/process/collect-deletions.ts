import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../files/file-error.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { type Collector, countEntry, isCovered, isNewer, joined, pushGone } from "./collector.ts";

/**
 * Adds what a folder of the project lists and the merged view does not: gone by a whiteout, or with a whole folder.
 *
 * @param state The collection.
 * @param folder A folder of both, relative.
 * @throws {SandboxError} `LIMIT_DISK`, `CANCELLED`.
 */
export async function takeDeletions(state: Collector, folder: string): Promise<void> {
  const visible = new Set(mergedNames(join(state.input.merged, folder)));
  const gone = projectNames(join(state.input.project, folder)).filter((name) => !visible.has(name));
  await takeGone(state, gone.map((name) => joined(folder, name)));
}

/**
 * Adds paths of the project, and everything below them, as deleted.
 *
 * @param state The collection.
 * @param gone Relative paths.
 * @throws {SandboxError} `LIMIT_DISK`, `CANCELLED`.
 */
export async function takeGone(state: Collector, gone: readonly string[]): Promise<void> {
  const { project, stage } = state.input;
  const stack = [...gone];
  for (let relative = stack.pop(); relative !== undefined; relative = stack.pop()) {
    await countEntry(state);
    if (isCovered(state, relative)) continue;
    const stat = lstatOrNull(join(project, relative));
    if (stat === null) continue;
    // Threat: what somebody made while the command ran, and the view has not seen, is not a deletion.
    if (isNewer(stage, stat) && !isWhiteout(join(stage.up, relative))) continue;
    if (!stat.isDirectory()) {
      await pushGone(state, relative, stat);
      continue;
    }
    state.goneFolders.push(relative);
    const below = projectNames(join(project, relative));
    if (below.length === 0) await pushGone(state, relative, stat);
    for (const name of below) stack.push(joined(relative, name));
  }
}

function isWhiteout(path: string): boolean {
  const stat = lstatOrNull(path);
  return stat !== null && stat.isCharacterDevice() && stat.rdev === 0n;
}

// The mode is changed on the view only; the one that counts was read before.
function mergedNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(errnoOf(error))) throw error;
    chmodSync(path, 0o700);
    return readdirSync(path);
  }
}

// What we cannot list, the command could not list, so it deleted nothing there.
function projectNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (["EACCES", "EPERM", "ENOENT", "ENOTDIR"].includes(errnoOf(error))) return [];
    throw error;
  }
}
