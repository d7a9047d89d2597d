import { basename } from "node:path";
import { errorCode, type SessionId } from "../core/mod.ts";
import { ZERO_CHAIN } from "./chain.ts";
import { AuditError } from "./errors.ts";
import type { LogFiles } from "./log-files.ts";
import type { PreviousSegment } from "./record.ts";
import type { SegmentState } from "./scan-segment.ts";
import { segmentPath } from "./session-files.ts";

/** Where a new segment of a session goes, and what it continues. */
export interface SegmentPlace {
  readonly dir: string;
  readonly session: SessionId;
  readonly path: string;
  readonly seg: number;
  /** Events in earlier segments. */
  readonly seq: number;
  /** Chain value at the end of the earlier segment. */
  readonly chain: Uint8Array;
  readonly previous: PreviousSegment | null;
}

/** The place of the first segment of a session. */
export function firstPlace(dir: string, session: SessionId): SegmentPlace {
  return { dir, session, path: segmentPath(dir, session, 1), seg: 1, seq: 0, chain: ZERO_CHAIN, previous: null };
}

/**
 * The place after a segment.
 *
 * @param place The segment's own place.
 * @param end Its state after the last sound record.
 * @param closed Whether it has a close record.
 * @returns The place of the next one.
 */
export function placeAfter(place: SegmentPlace, end: SegmentState, closed: boolean): SegmentPlace {
  const { dir, session } = place;
  const seg = place.seg + 1;
  return {
    dir,
    session,
    path: segmentPath(dir, session, seg),
    seg,
    seq: end.seq,
    chain: new Uint8Array(Buffer.from(end.head.slice(3), "hex")),
    previous: { file: basename(place.path), bytes: end.bytes, size: end.size, root: end.root, closed },
  };
}

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
