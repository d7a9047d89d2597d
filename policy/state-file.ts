import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync, renameSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import {
  type Clock,
  errorCode,
  type FileLock,
  readOwnFile,
  rootCode,
  takeFileLock,
  writeFileAtomic,
} from "../core/mod.ts";
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
    const code = errorCode(error);
    return code === "ENOENT" || code === "ENOTDIR" ? NO_FILE : `!${code}`;
  }
}

/** Why a file was not read. */
export interface UnsafeFile {
  readonly kind: "unsafe";
  readonly code: "POLICY_PERM" | "POLICY_READ" | "POLICY_LIMIT";
  readonly message: string;
  /** What to do, or `null`. */
  readonly hint: string | null;
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
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    if (code === "ELOOP" || code === "EMLINK") return aLink(path);
    const hint = code === "EACCES" ? `give yourself the right to read it: chmod u+r "${path}"` : null;
    return unsafe("POLICY_READ", `it cannot be opened: ${code}`, hint);
  }
  try {
    // Where the runtime ignores O_NOFOLLOW this still tells a link from the file behind it.
    if (lstatSync(path).isSymbolicLink()) return aLink(path);
    return readDescriptor(fd, path, options);
  } catch (error) {
    return unsafe("POLICY_READ", `it cannot be read: ${errorCode(error)}`);
  } finally {
    closeSync(fd);
  }
}

function readDescriptor(fd: number, path: string, { maxBytes, owned }: ReadOptions): ReadFile {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return unsafe("POLICY_PERM", "it is not a regular file", "put a regular file in its place");
  const problem = owned ? ownerProblem(stat) : null;
  if (problem !== null) {
    return unsafe("POLICY_PERM", problem, `make it yours alone to write: chown and chmod go-w "${path}"`);
  }
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

function aLink(path: string): UnsafeFile {
  return unsafe("POLICY_PERM", "it is a link", `replace "${path}" by the file itself`);
}

function unsafe(code: UnsafeFile["code"], message: string, hint: string | null = null): UnsafeFile {
  return { kind: "unsafe", code, message, hint };
}

/** Reads a state file of ours as text; `null` when there is none, `unsafe` when it is a link, foreign or open to others. */
export function readStateText(path: string): { readonly text: string | null; readonly unsafe: boolean } {
  const file = readOwnFile(path, { maxBytes: MAX_STATE_BYTES, secret: true });
  return { text: file.kind === "ok" ? new TextDecoder().decode(file.bytes) : null, unsafe: file.kind === "unsafe" };
}

/**
 * Replaces a state file atomically with mode 0600; missing folders are made with mode 0700.
 *
 * @param path An absolute path.
 * @param text What to write.
 * @param before Runs right before the file is replaced; what it throws leaves the file as it was.
 * @throws {PolicyError} `STATE_WRITE` when the disk refuses.
 */
export function writeStateText(path: string, text: string, before: () => void): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    before();
    writeFileAtomic(path, new TextEncoder().encode(text));
  } catch (cause) {
    throw stateWrite(path, cause);
  }
}

/** Moves a file away, if it is there. */
export function moveAway(path: string, to: string): void {
  try {
    renameSync(path, to);
  } catch (cause) {
    if (errorCode(cause) !== "ENOENT") throw cause;
  }
}

/**
 * Runs a short change of a file while holding the lock beside it.
 *
 * @param path The file that is changed.
 * @param clock Tells when a lock was left behind.
 * @param run The change; it checks its lock right before it writes.
 * @returns What `run` returns.
 * @throws {PolicyError} `STATE_WRITE` when another process holds the lock for too long, or the disk refuses.
 */
export function withLock<T>(path: string, clock: Clock, run: (lock: FileLock) => T): T {
  let lock: FileLock;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    lock = takeFileLock(`${path}.lock`, clock);
  } catch (cause) {
    throw stateWrite(path, cause);
  }
  try {
    return run(lock);
  } finally {
    lock.release();
  }
}

function stateWrite(path: string, cause: unknown): PolicyError {
  if (cause instanceof PolicyError) return cause;
  const busy = errorCode(cause) === "VAULT_BUSY";
  return new PolicyError(
    "STATE_WRITE",
    `Cannot write "${path}": ${busy ? "another process is changing it" : rootCode(cause)}`,
    {
      cause,
      hint: busy
        ? `try again; if nothing else runs, delete "${path}.lock"`
        : "make room on the disk, or mend the rights of that folder",
    },
  );
}
