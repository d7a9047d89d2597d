import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { errnoOf } from "./file-error.ts";

/**
 * Adds the other names that masked files have in the project.
 *
 * @param masks Real paths of files and folders that are masked.
 * @param at Real path of the project, and how many masks there may be.
 * @returns Real paths of the files to mask, or `null` when there are too many.
 */
// Threat: a hard link inside the project that gives a denied file a second, innocent name.
export function withOtherNames(
  masks: { readonly files: readonly string[]; readonly dirs: readonly string[] },
  at: { readonly project: string; readonly maxMasks: number },
): readonly string[] | null {
  const linked = new Set<string>();
  for (const path of [...masks.files, ...filesBelow(masks.dirs)]) {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined && stat.isFile() && stat.nlink > 1n) linked.add(`${stat.dev}:${stat.ino}`);
  }
  if (linked.size === 0) return masks.files;
  const files = new Set(masks.files);
  const closed = new Set(masks.dirs);
  const stack: string[] = [at.project];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && !closed.has(path)) stack.push(path);
      if (!entry.isFile()) continue;
      const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat !== undefined && linked.has(`${stat.dev}:${stat.ino}`)) files.add(path);
    }
    if (files.size + closed.size > at.maxMasks) return null;
  }
  return [...files];
}

function* filesBelow(folders: readonly string[]): Generator<string, void, void> {
  const stack = [...folders];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) stack.push(path);
      else if (entry.isFile()) yield path;
    }
  }
}

// What this user cannot list, a command of this user cannot list either.
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (["EACCES", "EPERM", "ENOENT", "ENOTDIR"].includes(errnoOf(error))) return [];
    throw error;
  }
}
