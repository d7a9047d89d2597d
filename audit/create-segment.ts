import { errorCode } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { LogFiles } from "./log-files.ts";
import type { SegmentPlace } from "./segment-place.ts";

/**
 * Creates the file of a segment.
 *
 * @param files Where files are made.
 * @param place Path and session of the segment.
 * @returns Its descriptor.
 * @throws {AuditError} `SESSION_BUSY` when the file exists, `AUDIT_UNWRITABLE` when it cannot be made.
 */
export function createSegment(files: LogFiles, place: SegmentPlace): number {
  try {
    return files.create(place.path);
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") {
      throw new AuditError(
        "SESSION_BUSY",
        `Cannot write session "${place.session}": another process continues it`,
        {
          hint: "wait for it to end, or start a new session",
          cause,
        },
      );
    }
    throw unwritable(place.path, errorCode(cause));
  }
}

/** A log that takes no more: the session ends with it. */
export function unwritable(path: string, why: string): AuditError {
  return new AuditError("AUDIT_UNWRITABLE", `Cannot write audit log "${path}": ${why}`, {
    hint: "free disk space or mend the disk, then start a new session",
  });
}
