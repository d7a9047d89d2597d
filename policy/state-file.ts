import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { type Clock, type Random, toHex } from "../core/mod.ts";
import { PolicyError } from "./errors.ts";

/** Files of policy state are small; a larger one is not ours. */
export const MAX_STATE_BYTES = 67_108_864;

/** What a file looked like when it was read; two equal stamps are the same bytes for all that a stat can tell. */
export type Stamp = string;

/** The stamp of a path that does not exist. */
export const NO_FILE: Stamp = "-";

/**
 * Stats a file without following a link.
 *
 * @param path An absolute path.
 * @returns Its stamp; {@link NO_FILE} when there is none, `!` and a code when it cannot be looked at.
 */
export function stampOf(path: string): Stamp {
  try {
    const stat = lstatSync(path, { bigint: true });
    return `${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeNs}.${stat.ctimeNs}.${stat.mode}.${stat.uid}`;
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" || code === "ENOTDIR" ? NO_FILE : `!${code}`;
  }
}

/** Why a file was not read. */
export interface UnsafeFile {
  readonly kind: "unsafe";
  readonly code: "POLICY_PERM" | "POLICY_READ" | "POLICY_LIMIT";
  readonly message: string;
}

/** A file as read. */
export type ReadFile =
  | { readonly kind: "missing" }
  | UnsafeFile
  | { readonly kind: "read"; readonly bytes: Uint8Array };

/** How a file is read. */
export interface ReadOptions {
  readonly maxBytes: number;
  /** `true` refuses a file that somebody else owns or may write. */
  readonly owned: boolean;
}

/**
 * Reads a small regular file through one descriptor, following no link.
 *
 * @param path An absolute path.
 * @param options Bounds and ownership.
 * @returns The bytes, or why not.
 */
export function readSmallFile(path: string, options: ReadOptions): ReadFile {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    if (code === "ELOOP" || code === "EMLINK") return unsafe("POLICY_PERM", "it is a link");
    return unsafe("POLICY_READ", `it cannot be opened: ${code}`);
  }
  try {
    return readDescriptor(fd, options);
  } catch (error) {
    return unsafe("POLICY_READ", `it cannot be read: ${codeOf(error)}`);
  } finally {
    closeSync(fd);
  }
}

function readDescriptor(fd: number, { maxBytes, owned }: ReadOptions): ReadFile {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return unsafe("POLICY_PERM", "it is not a regular file");
  const problem = owned ? ownerProblem(stat) : null;
  if (problem !== null) return unsafe("POLICY_PERM", problem);
  if (stat.size > maxBytes) return unsafe("POLICY_LIMIT", `it is larger than ${maxBytes} bytes`);
  // The size may grow between stat and read: one byte more than allowed tells.
  const buffer = new Uint8Array(Math.min(maxBytes, stat.size) + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  if (length === buffer.length) return unsafe("POLICY_READ", "it changes while it is read");
  return { kind: "read", bytes: buffer.subarray(0, length) };
}

const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;

// Threat: a policy for everybody that anybody may edit, or one that another user put there.
function ownerProblem(stat: { readonly uid: number; readonly gid: number; readonly mode: number }): string | null {
  const me = userInfo();
  // Windows has no owners and modes to compare.
  if (me.uid < 0) return null;
  if (stat.uid !== 0 && stat.uid !== me.uid) return `it belongs to user ${stat.uid}`;
  if ((stat.mode & OTHERS_WRITE) !== 0) return "others may write it";
  // A user's own private group, as most distributions set it up, is nobody else.
  if ((stat.mode & GROUP_WRITE) !== 0 && stat.gid !== me.gid) return "its group may write it";
  return null;
}

function unsafe(code: UnsafeFile["code"], message: string): UnsafeFile {
  return { kind: "unsafe", code, message };
}

/** Reads a state file of ours as text; `null` when it is missing or not safely ours. */
export function readStateText(path: string): string | null {
  const file = readSmallFile(path, { maxBytes: MAX_STATE_BYTES, owned: true });
  return file.kind === "read" ? new TextDecoder().decode(file.bytes) : null;
}

/**
 * Replaces a file atomically with mode 0600: temporary file, fsync, rename, fsync of the folder.
 *
 * @param path An absolute path; missing folders are made with mode 0700.
 * @param text What to write.
 * @param options `keep` moves the old file there first; `held` is asked right before the file is replaced.
 * @throws {PolicyError} `STATE_WRITE` when the disk refuses; the old file is then untouched.
 */
export function writeStateText(
  path: string,
  text: string,
  options: { readonly random: Random; readonly keep?: string; readonly held?: () => boolean },
): void {
  const folder = dirname(path);
  const temporary = join(folder, `.az-${toHex(options.random.bytes(8))}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeDurably(temporary, text);
    if (options.held?.() === false) throw new Error("the lock was lost");
    if (options.keep !== undefined) keepOld(path, options.keep);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new PolicyError("STATE_WRITE", `Cannot write "${path}": ${codeOf(cause)}`, {
      cause,
      hint: "make room on the disk, or mend the rights of that folder",
    });
  }
}

function writeDurably(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const fd = openSync(path, flags, 0o600);
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function keepOld(path: string, kept: string): void {
  try {
    renameSync(path, kept);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder, and needs no sync for a rename.
  const fd = openFolder(folder);
  if (fd === null) return;
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems refuse to sync a folder; the file itself is safe by now.
  } finally {
    closeSync(fd);
  }
}

function openFolder(folder: string): number | null {
  try {
    return openSync(folder, constants.O_RDONLY);
  } catch {
    return null;
  }
}

/** A lock is stale after this time, whoever holds it. */
const LOCK_STALE_MS = 30_000;
const LOCK_WAIT_MS = 5_000;

/**
 * Runs a short change while holding a lock file next to what it changes.
 *
 * @param path The file that is changed.
 * @param clock Tells when a lock is stale and when to give up.
 * @param run The change, synchronous; `held` tells, right before it writes, whether the lock is still its own.
 * @returns What `run` returns.
 * @throws {PolicyError} `STATE_WRITE` when another process holds the lock for too long.
 */
export function withLock<T>(path: string, clock: Clock, run: (held: () => boolean) => T): T {
  const lock = `${path}.lock`;
  const deadline = clock.mono() + LOCK_WAIT_MS;
  while (!takeLock(lock, clock)) {
    if (clock.mono() > deadline) {
      throw new PolicyError("STATE_WRITE", `Cannot write "${path}": another process holds its lock`, {
        hint: `try again; if no other AgentZero runs, remove "${lock}"`,
      });
    }
    // A few milliseconds at most: the holder writes one small file.
    Atomics.wait(PAUSE, 0, 0, 5);
  }
  // Threat: this process slept for longer than a lock lives, and another has taken over.
  const own = stampOf(lock);
  try {
    return run(() => stampOf(lock) === own);
  } finally {
    if (stampOf(lock) === own) rmSync(lock, { force: true });
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function takeLock(lock: string, clock: Clock): boolean {
  try {
    mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
    closeSync(openSync(lock, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") {
      throw new PolicyError("STATE_WRITE", `Cannot lock "${lock}": ${codeOf(error)}`, { cause: error });
    }
  }
  try {
    if (clock.now() - statSync(lock).mtimeMs > LOCK_STALE_MS) rmSync(lock, { force: true });
  } catch {
    // Gone by now: the next try takes it.
  }
  return false;
}

/** The code of a system error, e.g. `ENOSPC`. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" ? code : "unknown error";
}
