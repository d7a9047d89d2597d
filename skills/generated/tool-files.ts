import { mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode, readOwnFile, syncFolder, writeNewFile } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";

/** A file that a tool is made of. */
export interface ToolFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MAX_BYTES = 1024 * 1024;

/**
 * Reads a file of a tool without following links: a regular file that belongs to this user and nobody else may write.
 *
 * @param path Absolute path.
 * @returns The bytes; `null` when there is none or it is not safe.
 */
export function readToolFile(path: string): Uint8Array | null {
  const file = readOwnFile(path, { maxBytes: MAX_BYTES });
  return file.kind === "ok" ? file.bytes : null;
}

/**
 * Puts a folder in place as a whole: written beside it, synced, renamed. Whoever is killed on the way leaves no folder of
 * that name, or a whole one.
 *
 * @param folder Absolute path of the folder; what stands there already is replaced.
 * @param files Its files.
 * @param token A fresh name for the folder that it is made in.
 * @throws {SkillsError} `WRITE_FAILED`; what was begun is gone then.
 */
export function placeFolder(folder: string, files: readonly ToolFile[], token: string): void {
  const parent = dirname(folder);
  const staged = join(parent, `.${basename(folder)}.${token}.new`);
  try {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    mkdirSync(staged, { mode: 0o700 });
    for (const { name, bytes } of files) writeNewFile(join(staged, name), bytes, 0o600);
    syncFolder(staged);
    // A version of that number that was never registered, or not by us.
    rmSync(folder, { recursive: true, force: true });
    renameSync(staged, folder);
    syncFolder(parent);
  } catch (cause) {
    rmSync(staged, { recursive: true, force: true });
    throw new SkillsError("WRITE_FAILED", `Cannot write "${folder}": ${errorCode(cause)}`, {
      hint: "make room on the disk, or mend the rights of that folder",
      cause,
    });
  }
}
