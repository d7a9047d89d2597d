import { AuditError } from "./errors.ts";
import { MAX_LINE_BYTES } from "./grammar.ts";
import { parseRecord } from "./parse-record.ts";
import { readLines } from "./read-lines.ts";
import type { HeaderRecord } from "./record.ts";

/**
 * Reads the first line of a segment, unchecked.
 *
 * @param path The segment.
 * @returns Its header, or `null` when it cannot be read or has none.
 */
export function peekHeader(path: string): HeaderRecord | null {
  let header: HeaderRecord | null = null;
  try {
    readLines(path, MAX_LINE_BYTES, ({ buffer, start, end }) => {
      const record = parseRecord(buffer.toString("latin1", start, end));
      if (record.t === "h") header = record;
      return false;
    });
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
  }
  return header;
}
