import { basename } from "node:path";
import type { SessionId } from "../core/mod.ts";
import { ZERO_CHAIN } from "./chain.ts";
import { segmentPath } from "./session-files.ts";
import type { PreviousSegment } from "./record.ts";
import type { SegmentState } from "./scan-segment.ts";

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
