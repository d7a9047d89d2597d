import { spawnSync } from "node:child_process";
import { chmodSync, type Dirent, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../files/file-error.ts";

const FLAT = ".flat";

/**
 * Removes a folder and everything below it, without following links and without recursion.
 *
 * Threat: folders nested deeper than a path can be long, or than a recursive removal has stack, and folders that nobody
 * may enter. Each folder found is opened for us and moved up, so that no path ever grows. Names that are not text, which
 * no runtime can spell, are left to the system's own `rm`.
 *
 * @param path A folder of ours; nothing happens if it does not exist.
 */
export function removeTree(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlinkSync(path);
    return;
  }
  flatten(path);
  if (!removedAtOnce(path)) removeBySystem(path);
}

function flatten(path: string): void {
  const flat = join(path, FLAT);
  const waiting: string[] = [];
  let count = 0;
  function empty(folder: string): void {
    for (const entry of openedEntries(folder)) {
      const below = join(folder, entry.name);
      if (below === flat) continue;
      if (!entry.isDirectory()) {
        tried(() => unlinkSync(below));
      } else if (!removedAtOnce(below)) {
        const aside = join(flat, String(count++));
        makeOnce(flat);
        // To be moved, a folder must be writable itself.
        if (tried(() => chmodSync(below, 0o700)) && tried(() => renameSync(below, aside))) waiting.push(aside);
      }
    }
  }
  empty(path);
  // What an earlier removal left half done.
  const known = new Set(waiting);
  for (const name of namesOf(flat)) if (!known.has(join(flat, name))) waiting.push(join(flat, name));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    empty(folder);
    removedAtOnce(folder);
  }
  removedAtOnce(flat);
}

function openedEntries(folder: string): readonly Dirent[] {
  tried(() => chmodSync(folder, 0o700));
  return readdirSync(folder, { withFileTypes: true });
}

// `ENOENT` for something that was just listed: its name cannot be spelled.
function tried(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function removedAtOnce(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function removeBySystem(path: string): void {
  spawnSync("/bin/chmod", ["-R", "u+rwx", "--", path], { env: {}, stdio: "ignore" });
  spawnSync("/bin/rm", ["-rf", "--", path], { env: {}, stdio: "ignore" });
}

function makeOnce(folder: string): void {
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
