import { AuditError } from "./errors.ts";
import type { AuditLog, AuditLogOptions } from "./log.ts";

/**
 * Opens the record of a session and writes its first event.
 *
 * @param options Where, for whom, with which keys.
 * @returns The open log.
 * @throws {AuditError} `AUDIT_UNWRITABLE`, `AUDIT_FULL`, `LOG_UNSAFE`, `SESSION_BUSY`.
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  return await Promise.reject(new AuditError("AUDIT_UNWRITABLE", `Cannot open log: ${options.dir}`));
}
