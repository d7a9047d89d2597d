import { fchmodSync, mkdirSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openFolder } from "../files/folder.ts";
import type { ApplyContext } from "./apply-change.ts";

/**
 * Makes a folder that kept files need, with the mode it has on the staged view.
 *
 * @param context The project.
 * @param folder Its relative path and mode.
 */
export function makeNewFolder(
  context: ApplyContext,
  folder: { readonly relative: string; readonly mode: number },
): void {
  const path = join(context.project, folder.relative);
  try {
    const parent = openFolder(dirname(path), context.platform);
    try {
      mkdirSync(parent.at(basename(path)), 0o700);
      setFolderMode(context, path, folder.mode | 0o700);
    } finally {
      parent.close();
    }
  } catch {
    // It exists, or cannot be made: the files that need it will say so.
  }
}

/**
 * Takes our own rights from a new folder again, if the command did so.
 *
 * @param context The project.
 * @param folder Its relative path and mode.
 */
export function closeFolder(context: ApplyContext, folder: { readonly relative: string; readonly mode: number }): void {
  if ((folder.mode & 0o700) === 0o700) return;
  try {
    setFolderMode(context, join(context.project, folder.relative), folder.mode);
  } catch {
    // It was not made.
  }
}

/**
 * Removes a folder of the project if nothing is left in it.
 *
 * @param context The project.
 * @param relative Its relative path.
 */
export function removeEmptyFolder(context: ApplyContext, relative: string): void {
  const path = join(context.project, relative);
  try {
    const parent = openFolder(dirname(path), context.platform);
    try {
      rmdirSync(parent.at(basename(path)));
    } finally {
      parent.close();
    }
  } catch {
    // Something in it was not allowed to go, so it stays.
  }
}

/**
 * Sets the mode of a folder through its verified descriptor.
 *
 * @param context The project.
 * @param real Real path of the folder.
 * @param mode Permission bits.
 * @throws {SandboxError} `PATH_CHANGED`, `NOT_FOUND`.
 */
export function setFolderMode(context: ApplyContext, real: string, mode: number): void {
  const folder = openFolder(real, context.platform);
  try {
    if (folder.fd !== null) fchmodSync(folder.fd, mode);
  } finally {
    folder.close();
  }
}
