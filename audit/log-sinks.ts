import type { LedgerEntry } from "./ledger-line.ts";
import type { SegmentPlace } from "./segment-place.ts";
import type { SegmentWriter } from "./segment-writer.ts";

/** What the log writes to besides its segment. */
export interface LogSinks {
  /** Opens a segment that goes on where another ended. */
  readonly openSegment: (place: SegmentPlace) => SegmentWriter;
  /** Appends lines to every ledger; `degraded` when that took the reserve. When it throws, one of them may lack them. */
  readonly appendHeads: (entries: readonly LedgerEntry[]) => Promise<{ readonly degraded: boolean }>;
  /** Gives back the bytes kept in reserve. */
  readonly freeReserve: () => void;
  readonly end: () => void;
}
