import { existsSync, linkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { kill, pid } from "node:process";
import { randomBytes } from "node:crypto";
import { CoreError } from "./errors.ts";
import { errorCode, readOwnFile } from "./own-file.ts";
import type { Clock } from "./ports.ts";

/** After this time a lock counts as left behind, whoever holds it. */
export const LOCK_STALE_MS = 30_000;

/** A lock that is held. */
export interface FileLock {
  /** Checks that nobody took the lock over; call it right before the write that it protects. Throws `VAULT_BUSY`. */
  check(): void;
  /** Gives the lock back; idempotent. */
  release(): void;
}

const PAUSE_MS = 20;

/**
 * Takes a lock by creating a file exclusively; waits for a holder that lives, takes over from one that is gone.
 *
 * @param path The lock file; its folder must exist.
 * @param clock Tells how old a lock is.
 * @param waitMs How long to wait for a living holder; blocks, since holders keep it for milliseconds.
 * @returns The lock.
 * @throws {CoreError} `VAULT_BUSY` when it is not free in time, `FILE_WRITE` when it cannot be made.
 */
export function takeFileLock(path: string, clock: Clock, waitMs = 5000): FileLock {
  const token = randomBytes(16).toString("hex");
  const text = JSON.stringify({ v: "azlock/1", pid, ts: clock.now(), token });
  for (let waited = 0; !createLock(path, text); waited += PAUSE_MS) {
    const seen = readLock(path);
    if (seen !== null && isStale(seen, clock)) {
      // Threat: two waiters both remove it, the second one the first one's fresh lock. `check` finds that out.
      if (readLock(path)?.text === seen.text) rmSync(path, { force: true });
      sweepTemporaries(path);
    } else if (waited >= waitMs) throw busy(path);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return {
    check(): void {
      if (readLock(path)?.text !== text) throw busy(path);
    },
    release(): void {
      if (readLock(path)?.text === text) rmSync(path, { force: true });
    },
  };
}

interface SeenLock {
  readonly text: string;
  readonly pid: number;
  readonly ts: number;
}

// The lock appears with its whole text at once: a holder that is killed while it writes leaves nothing that others
// would have to wait for.
function createLock(path: string, text: string): boolean {
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
    linkSync(temporary, path);
    return true;
  } catch (cause) {
    const code = errorCode(cause);
    // ENOENT: whoever took over a lock has swept the temporary away.
    if (code === "EEXIST" || code === "ENOENT" && existsSync(dirname(path))) return false;
    if (NO_LINKS.has(code)) return createInPlace(path, text);
    throw cannotMake(path, cause);
  } finally {
    rmSync(temporary, { force: true });
  }
}

// File systems without hard links (exFAT, some network and FUSE mounts).
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

function createInPlace(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") return false;
    throw cannotMake(path, cause);
  }
}

function cannotMake(path: string, cause: unknown): CoreError {
  return new CoreError("FILE_WRITE", `Cannot make lock "${path}": ${errorCode(cause)}`, {
    hint: "check free space and permissions of its folder",
    cause,
  });
}

/** What killed holders left beside a lock while they made theirs. */
function sweepTemporaries(path: string): void {
  const start = `${basename(path)}.`;
  try {
    for (const name of readdirSync(dirname(path))) {
      if (name.startsWith(start) && name.endsWith(".tmp")) rmSync(join(dirname(path), name), { force: true });
    }
  } catch {
    // Housekeeping only.
  }
}

function readLock(path: string): SeenLock | null {
  const file = readOwnFile(path, { maxBytes: 1024 });
  if (file.kind === "missing") return null;
  const text = file.kind === "ok" ? new TextDecoder().decode(file.bytes) : "";
  try {
    const seen: unknown = JSON.parse(text);
    if (typeof seen === "object" && seen !== null && "pid" in seen && "ts" in seen) {
      if (typeof seen.pid === "number" && typeof seen.ts === "number") return { text, pid: seen.pid, ts: seen.ts };
    }
  } catch {
    // Half written, or not ours: judged by its age below.
  }
  return { text, pid: 0, ts: file.kind === "ok" ? file.mtimeMs : 0 };
}

function isStale(lock: SeenLock, clock: Clock): boolean {
  if (Math.abs(clock.now() - lock.ts) > LOCK_STALE_MS) return true;
  if (lock.pid <= 0 || lock.pid === pid) return false;
  try {
    kill(lock.pid, 0);
    return false;
  } catch (error) {
    // A holder in another process namespace also looks dead; it notices before it writes.
    return errorCode(error) === "ESRCH";
  }
}

function busy(path: string): CoreError {
  return new CoreError("VAULT_BUSY", "Cannot change the vault: another process is changing it", {
    hint: `try again; if nothing else runs, delete "${path}"`,
  });
}
