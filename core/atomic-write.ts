import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { CoreError } from "./errors.ts";
import { errorCode } from "./own-file.ts";

/**
 * Replaces a file as a whole: a temporary in the same folder, fsync, rename, fsync of the folder. Whoever is killed on
 * the way leaves the old file or the new one, never a mixture; at worst a temporary stays behind, see
 * {@link removeStaleTemporaries}.
 *
 * @param path Absolute path; its folder must exist.
 * @param bytes The whole new content.
 * @param mode Permission bits, default 0600.
 * @throws {CoreError} `FILE_WRITE` when the disk is full, read-only or broken, or a device, FIFO or socket stands there;
 * what was there is then untouched.
 */
export function writeFileAtomic(path: string, bytes: Uint8Array, mode = 0o600): void {
  refuseSpecial(path);
  const temporary = writeTemporary(path, bytes, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failure(path, error);
  }
  syncFolder(dirname(path));
}

/**
 * Creates a file with its whole content, unless there is one already.
 *
 * @param path Absolute path; its folder must exist.
 * @param bytes The content.
 * @param mode Permission bits, default 0600.
 * @returns `false` when something stood there already; then nothing was changed.
 * @throws {CoreError} `FILE_WRITE` when the disk is full, read-only or broken.
 */
export function createFileOnce(path: string, bytes: Uint8Array, mode = 0o600): boolean {
  const temporary = writeTemporary(path, bytes, mode);
  try {
    // A hard link appears at once and never replaces what is there: two processes cannot both win.
    linkSync(temporary, path);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    if (!NO_LINKS.has(errorCode(error))) throw failure(path, error);
    return createWithoutLink(path, bytes, mode);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
  return true;
}

/**
 * Deletes temporaries that a killed {@link writeFileAtomic} left beside a file. Call it only under that file's lock.
 *
 * @param path The file they were meant for.
 */
export function removeStaleTemporaries(path: string): void {
  const start = `.${basename(path)}.`;
  try {
    for (const name of readdirSync(dirname(path))) {
      if (name.startsWith(start) && name.endsWith(".tmp")) rmSync(join(dirname(path), name), { force: true });
    }
  } catch {
    // Housekeeping only: an unreadable folder shows when the file itself is written.
  }
}

// Threat: for root the rename would put a file in the place of `/dev/null`, for everybody.
function refuseSpecial(path: string): void {
  let stat: Stats | undefined;
  try {
    stat = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // Whatever is wrong with the path shows when it is written.
    return;
  }
  if (stat === undefined || stat.isFile() || stat.isSymbolicLink() || stat.isDirectory()) return;
  throw new CoreError("FILE_WRITE", `Cannot write "${path}": a device, FIFO or socket stands there`, {
    hint: "choose another path",
  });
}

// File systems without hard links (exFAT, some network and FUSE mounts).
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function createWithoutLink(path: string, bytes: Uint8Array, mode: number): boolean {
  try {
    writeNewFile(path, bytes, mode);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw failure(path, error);
  }
  syncFolder(dirname(path));
  return true;
}

function writeTemporary(path: string, bytes: Uint8Array, mode: number): string {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    writeNewFile(temporary, bytes, mode);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failure(path, error);
  }
  return temporary;
}

/**
 * Writes a file that is not there yet, with exactly these permission bits, and forces it to the disk. What was begun is
 * gone again when that fails; for a file that others may look for, see {@link createFileOnce}.
 *
 * @param path Absolute path.
 * @param bytes The content.
 * @param mode Permission bits.
 * @throws {CoreError} `FILE_WRITE` when the disk takes no more bytes; errors of the file system as they come.
 */
export function writeNewFile(path: string, bytes: Uint8Array, mode: number): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    // The umask may have taken bits away that the caller asked for.
    fchmodSync(fd, mode);
    let offset = 0;
    while (offset < bytes.length) {
      const count = writeSync(fd, bytes, offset, bytes.length - offset, null);
      // A full disk shows as a short write first; a write of nothing would loop for ever.
      if (count === 0) throw new CoreError("FILE_WRITE", `Cannot write "${path}": the disk takes no more bytes`);
      offset += count;
    }
    fsyncSync(fd);
  } catch (error) {
    closeSync(fd);
    unlinkSync(path);
    throw error;
  }
  closeSync(fd);
}

/**
 * Forces the names in a folder to the disk, where that can be done.
 *
 * @param folder Absolute path.
 */
export function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, constants.O_RDONLY);
  } catch {
    // Windows opens no folders; there the rename is as durable as it gets.
    return;
  }
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems refuse fsync on folders. The content itself was synced before.
  } finally {
    closeSync(fd);
  }
}

// What a person typed wrong, which neither free space nor permissions would mend.
const MISTYPED: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ["its folder is not there", "make the folder first, or choose another path"],
  ENOTDIR: ["a part of the path is no folder", "choose another path"],
  EISDIR: ["a folder has that name", "name a file in it, or choose another name"],
};

function failure(path: string, cause: unknown): CoreError {
  if (cause instanceof CoreError) return cause;
  const [why, hint] = MISTYPED[errorCode(cause)] ?? [];
  if (why !== undefined) return new CoreError("FILE_WRITE", `Cannot write "${path}": ${why}`, { hint, cause });
  return new CoreError("FILE_WRITE", `Cannot write "${path}": ${errorCode(cause)}`, {
    hint: "check free space and permissions of its folder",
    cause,
  });
}
