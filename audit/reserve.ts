import { lstatSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errorCode, type Random } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { LogFiles } from "./log-files.ts";
import { listSessionFiles } from "./session-files.ts";

/** Bytes kept back for the moment when the disk is full. */
export const RESERVE_BYTES = 65_536;

/**
 * Makes sure that the reserve is there. The bytes are really written (and not compressible), since an empty file of
 * that length would reserve nothing.
 *
 * @param dir The audit folder.
 * @param files The file system.
 * @param random Its content.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when there is no room for it: then no session starts.
 */
export function makeReserve(dir: string, files: LogFiles, random: Random): void {
  const path = join(dir, ".reserve");
  if (isWhole(path)) return;
  rmSync(path, { force: true, recursive: false });
  let why: string;
  try {
    const fd = files.create(path);
    try {
      const stored = files.write(fd, random.bytes(RESERVE_BYTES));
      if (stored === RESERVE_BYTES) return;
      why = `only ${stored} of ${RESERVE_BYTES} bytes were stored`;
    } finally {
      files.close(fd);
    }
  } catch (error) {
    // Another session of the same project may have just made it.
    if (errorCode(error) === "EEXIST") return;
    why = errorCode(error);
  }
  freeReserve(dir);
  throw new AuditError("AUDIT_UNWRITABLE", `Cannot keep "${path}" in reserve: ${why}`, {
    hint: "free at least 1 MiB on this disk; without a record nothing may happen",
  });
}

/**
 * Gives the reserved bytes back to the file system; does nothing when they are gone already.
 *
 * @param dir The audit folder.
 */
export function freeReserve(dir: string): void {
  try {
    rmSync(join(dir, ".reserve"), { force: true });
  } catch {
    // The write that follows shows whether there is room.
  }
}

function isWhole(path: string): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.size >= RESERVE_BYTES;
  } catch {
    return false;
  }
}

/** From this part of `audit.max_bytes` on the person is told. */
const WARN_PART = 0.8;

/**
 * Refuses a new session where the logs of a folder have reached their limit.
 *
 * @param dir Folder of the logs.
 * @param maxBytes `audit.max_bytes`.
 * @returns What the person should know before that.
 * @throws {AuditError} `AUDIT_FULL`.
 */
export function checkSpace(dir: string, maxBytes: number): readonly string[] {
  const used = usedBytes(dir);
  const part = used / maxBytes;
  if (part >= 1) {
    throw new AuditError("AUDIT_FULL", `Cannot start session: "${dir}" holds ${used} of ${maxBytes} bytes`, {
      hint: "raise audit.max_bytes, or set audit.prune: auto to drop sessions past their retention",
    });
  }
  return part < WARN_PART ? [] : [`the audit log fills ${Math.floor(part * 100)} % of audit.max_bytes`];
}

function usedBytes(dir: string): number {
  let total = 0;
  for (const { segments } of listSessionFiles(dir)) {
    for (const { path } of segments) total += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return total;
}
