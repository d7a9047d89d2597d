import { statSync } from "node:fs";
import { AuditError } from "./errors.ts";
import { listSessionFiles } from "./session-files.ts";

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
