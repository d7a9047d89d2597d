import type { SessionId } from "../core/mod.ts";
import type { LedgerEntry } from "./ledger-line.ts";
import type { SegmentState } from "./scan-segment.ts";

/**
 * Says in a ledger line what a segment looks like.
 *
 * @param kind What happened to it.
 * @param place Which segment.
 * @param state Its state, checkpoint or close record included.
 * @returns The entry.
 */
export function headEntry(
  kind: "open" | "head" | "close" | "prune",
  place: { readonly session: SessionId; readonly seg: number },
  state: SegmentState,
): LedgerEntry {
  const { seq, size, root, head } = state;
  return { kind, session: place.session, seg: place.seg, seq, size, root, head };
}
