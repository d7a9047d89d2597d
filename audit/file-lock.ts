import { fstatSync, lstatSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { type Clock, errorCode, type Random, readOwnFile, toHex } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { WriterFacts } from "./log.ts";
import type { LogFiles } from "./log-files.ts";
import { liveness } from "./writer-facts.ts";

/** A lock older than this is stale, whoever holds it. */
const STALE_MS = 30_000;
// A lock is made and filled in microseconds: an unfinished one that is older belongs to a process that died in between.
// Should it live after all, it notices the loss before it writes.
const UNFINISHED_STALE_MS = 1000;
const MAX_LOCK_BYTES = 4096;
const GIVE_UP_MS = 40_000;

/** What a lock needs. */
export interface LockDeps {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly writer: WriterFacts;
}

/** A lock that is held. */
export interface HeldLock {
  /** `true` while it is still ours; ask right before writing. */
  holds(): boolean;
  release(): void;
}

/**
 * Takes a lock file, by exclusive creation: Node has no `flock`.
 *
 * @param path The lock file.
 * @param deps Files, clock, randomness and who we are.
 * @returns The held lock.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when the folder cannot be written or another process keeps the lock too long.
 */
export async function takeLock(path: string, deps: LockDeps): Promise<HeldLock> {
  const until = deps.clock.mono() + GIVE_UP_MS;
  for (let attempt = 0;; attempt++) {
    const held = tryLock(path, deps);
    if (held !== null) return held;
    if (isStale(path, deps)) {
      breakLock(path, deps.random);
      continue;
    }
    if (deps.clock.mono() > until) {
      throw new AuditError("AUDIT_UNWRITABLE", `Cannot lock "${path}": another process holds it`, {
        hint: "if no agentzero is running, delete that file",
      });
    }
    await pause(path, Math.min(attempt + 1, 10));
  }
}

/**
 * Takes a lock file if nobody holds it, without waiting.
 *
 * @param path The lock file.
 * @param deps Files, clock, randomness and who we are.
 * @returns The held lock, or `null`.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when the folder cannot be written.
 */
export function takeFreeLock(path: string, deps: LockDeps): HeldLock | null {
  const held = tryLock(path, deps);
  if (held !== null || !isStale(path, deps)) return held;
  breakLock(path, deps.random);
  return tryLock(path, deps);
}

function tryLock(path: string, deps: LockDeps): HeldLock | null {
  let fd: number;
  try {
    fd = deps.files.create(path);
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") return null;
    throw new AuditError("AUDIT_UNWRITABLE", `Cannot make lock "${path}": ${errorCode(cause)}`, {
      hint: "check permissions and free space of its folder",
      cause,
    });
  }
  const inode = fstatSync(fd).ino;
  try {
    deps.files.write(fd, new TextEncoder().encode(JSON.stringify(deps.writer)));
  } catch {
    // A full disk must not stop the line that says so: an empty lock is a lock, only a shorter-lived one.
  }
  // The file stays open: as long as it is, no other file can get its inode number.
  return {
    holds: () => inodeOf(path) === inode,
    release() {
      // Never take away a lock that somebody else holds by now.
      if (inodeOf(path) === inode) unlinkSync(path);
      deps.files.close(fd);
    },
  };
}

function isStale(path: string, deps: LockDeps): boolean {
  try {
    const age = Math.abs(deps.clock.now() - lstatSync(path).mtimeMs);
    if (age > STALE_MS) return true;
    // Threat: a FIFO in the place of the lock holds up whoever reads it.
    const file = readOwnFile(path, { maxBytes: MAX_LOCK_BYTES });
    if (file.kind === "missing") return false;
    const holder = file.kind === "ok" ? parseFacts(new TextDecoder().decode(file.bytes)) : null;
    return holder === null ? age > UNFINISHED_STALE_MS : liveness(holder, deps.writer) === "dead";
  } catch {
    // Gone already, or unreadable: try again.
    return false;
  }
}

/**
 * Takes a stale lock away. By renaming, so that of two processes only one gets it; should a fresh lock be hit, its
 * holder notices before it writes.
 */
function breakLock(path: string, random: Random): void {
  const aside = `${path}.${toHex(random.bytes(8))}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  rmSync(aside, { force: true });
}

/** Waits a moment. The pending file operation keeps the process alive, which our timers do not. */
async function pause(path: string, ms: number): Promise<void> {
  await stat(path).catch(() => null);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function inodeOf(path: string): number | null {
  try {
    return lstatSync(path).ino;
  } catch {
    return null;
  }
}

function parseFacts(text: string): WriterFacts | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFacts(value) ? value : null;
  } catch {
    return null;
  }
}

function isFacts(value: unknown): value is WriterFacts {
  return typeof value === "object" && value !== null && "pid" in value && typeof value.pid === "number" &&
    "start" in value && typeof value.start === "number" && "boot" in value && typeof value.boot === "string" &&
    "ns" in value && typeof value.ns === "string";
}
