import { join } from "node:path";
import { isId, readOwnFile, type SessionId, writeFileAtomic } from "../core/mod.ts";
import { parseSegmentName } from "./format-record.ts";

/** How far the events were handed over. */
export interface OtlpCursor {
  readonly session: SessionId;
  /** Name of the segment that the last one stands in. */
  readonly file: string;
  /** Bytes of that segment up to and including it, as far as they are known. */
  readonly offset: number;
  /** Its number. */
  readonly seq: number;
}

const MAX_BYTES = 1024;
const CURSOR = /^\{"file":"(ses_[0-9A-Z]{26}(?:\.[0-9]{1,6})?\.jsonl)","offset":([0-9]{1,15}),"seq":([0-9]{1,15})\}\n$/;

/**
 * Reads the cursor.
 *
 * @param dir The audit folder.
 * @returns The cursor; `null` when there is none that can be read, then only what comes from now on is handed over.
 */
export function readCursor(dir: string): OtlpCursor | null {
  const file = readOwnFile(join(dir, "otlp.cursor"), { maxBytes: MAX_BYTES });
  if (file.kind !== "ok") return null;
  const match = CURSOR.exec(new TextDecoder().decode(file.bytes));
  const session = parseSegmentName(match?.[1] ?? "")?.session;
  if (match?.[1] === undefined || !isId("ses", session)) return null;
  return { session, file: match[1], offset: Number(match[2]), seq: Number(match[3]) };
}

/**
 * Moves the cursor, as a whole: who is killed on the way sends some events twice, never skips one.
 *
 * @param dir The audit folder.
 * @param cursor How far.
 * @throws {CoreError} `FILE_WRITE`.
 */
export function writeCursor(dir: string, cursor: OtlpCursor): void {
  const { file, offset, seq } = cursor;
  writeFileAtomic(join(dir, "otlp.cursor"), new TextEncoder().encode(`${JSON.stringify({ file, offset, seq })}\n`));
}
