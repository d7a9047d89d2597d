import { AuditError } from "./errors.ts";

const HINT = "free disk space or mend the disk, then start a new session";

/** The failure after a line that took the last of the reserve. */
export function diskFull(): AuditError {
  return new AuditError("AUDIT_UNWRITABLE", "Cannot go on recording: the disk is full", { hint: HINT });
}

/**
 * Turns whatever stopped the record into the one code under which every further action is denied.
 *
 * @param path The segment being written.
 * @param cause What went wrong.
 * @returns The failure.
 */
export function asUnwritable(path: string, cause: unknown): AuditError {
  if (!(cause instanceof AuditError)) {
    return new AuditError("AUDIT_UNWRITABLE", `Cannot write audit log "${path}"`, { hint: HINT, cause });
  }
  if (cause.code === "AUDIT_UNWRITABLE") return cause;
  return new AuditError("AUDIT_UNWRITABLE", cause.message, { hint: cause.hint ?? HINT, cause });
}
