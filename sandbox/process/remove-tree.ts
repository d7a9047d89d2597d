import { chmodSync, lstatSync, readdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../files/file-error.ts";

/**
 * Removes a folder and everything below it without following links. Commands and overlayfs leave folders behind that
 * nobody may enter; those are opened first.
 *
 * @param path A folder of ours.
 */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    removeStubborn(path);
  }
}

function removeStubborn(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    unlinkSync(path);
    return;
  }
  const stack: string[] = [path];
  const folders: string[] = [];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    folders.push(folder);
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const below = join(folder, entry.name);
      if (entry.isDirectory()) stack.push(below);
      else unlinkSync(below);
    }
  }
  for (const folder of folders.toReversed()) removeFolder(folder);
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
