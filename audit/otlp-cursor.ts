import { join } from "node:path";
import { isId, readOwnFile, type SessionId, writeFileAtomic } from "../core/mod.ts";
import { parseSegmentName } from "./format-record.ts";

/** How far the events of one session were handed over. */
export interface OtlpPosition {
  readonly session: SessionId;
  /** Name of the segment that the last one stands in. */
  readonly file: string;
  /** Bytes of that segment that were looked at; only whole lines. */
  readonly offset: number;
  /** Number of the last event; 0 for none. */
  readonly seq: number;
}

/** How far all was handed over. A session below the first one is done; one above it without a position is not begun. */
export type OtlpCursor = readonly [OtlpPosition, ...OtlpPosition[]];

/** More sessions at once lose their place and are sent again. */
const MAX_POSITIONS = 1000;
const MAX_BYTES = MAX_POSITIONS * 128;
const LINE = /^\{"file":"(ses_[0-9A-Z]{26}(?:\.[0-9]{1,6})?\.jsonl)","offset":([0-9]{1,15}),"seq":([0-9]{1,15})\}$/;

/**
 * Reads the cursor.
 *
 * @param dir The audit folder.
 * @returns The cursor; `null` when there is none that can be read, then only what comes from now on is handed over.
 */
export function readCursor(dir: string): OtlpCursor | null {
  const file = readOwnFile(join(dir, "otlp.cursor"), { maxBytes: MAX_BYTES });
  if (file.kind !== "ok") return null;
  const text = new TextDecoder().decode(file.bytes);
  if (!text.endsWith("\n")) return null;
  const positions = text.slice(0, -1).split("\n").map(parsePosition);
  const [floor, ...others] = positions.filter((position) => position !== null);
  return floor === undefined || 1 + others.length < positions.length ? null : [floor, ...others];
}

/**
 * Moves the cursor, as a whole: who is killed on the way sends some events twice, never skips one.
 *
 * @param dir The audit folder.
 * @param cursor How far.
 * @throws {CoreError} `FILE_WRITE`.
 */
export function writeCursor(dir: string, cursor: OtlpCursor): void {
  const [floor, ...others] = cursor;
  const kept = [floor, ...others.slice(-(MAX_POSITIONS - 1))];
  const lines = kept.map(({ file, offset, seq }) => `${JSON.stringify({ file, offset, seq })}\n`);
  writeFileAtomic(join(dir, "otlp.cursor"), new TextEncoder().encode(lines.join("")));
}

function parsePosition(line: string): OtlpPosition | null {
  const match = LINE.exec(line);
  const file = match?.[1];
  const session = parseSegmentName(file ?? "")?.session;
  if (file === undefined || !isId("ses", session)) return null;
  return { session, file, offset: Number(match?.[2]), seq: Number(match?.[3]) };
}
