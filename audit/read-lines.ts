import { closeSync, fstatSync, readSync } from "node:fs";
import { openForReading } from "./open-for-reading.ts";

const CHUNK_BYTES = 1 << 20;

/** Where a line lies in the buffer that {@link readLines} lends. */
export interface LineView {
  /** The line is `buffer[start, end)`; the byte before `start` belongs to the reader of lines and may be changed. */
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** Offset of the line in the file. */
  readonly offset: number;
}

/** How the walk over a file ended. */
export interface LinesEnd {
  /** Bytes of whole lines. */
  readonly bytes: number;
  /** Bytes after the last newline. */
  readonly torn: number;
  /** `true` when the visitor stopped the walk. */
  readonly stopped: boolean;
}

/**
 * Walks over the lines of a file, in constant memory.
 *
 * @param path A regular file; links are refused.
 * @param maxBytes Longest line; a longer one is handed over cut, so that it cannot parse.
 * @param visit Called for each whole line; the view is only valid during the call. `false` stops.
 * @returns Where the walk ended.
 * @throws {AuditError} `LOG_UNSAFE` for a link or special file, `NOT_FOUND` when there is none.
 */
export function readLines(path: string, maxBytes: number, visit: (line: LineView) => boolean): LinesEnd {
  const fd = openForReading(path);
  try {
    // A small file needs a small buffer only; it may grow meanwhile, the walk then takes more turns.
    const chunk = Math.min(CHUNK_BYTES, fstatSync(fd).size + 1);
    const buffer = Buffer.allocUnsafe(1 + maxBytes + chunk);
    let [filled, offset] = [1, 0];
    for (;;) {
      const count = readSync(fd, buffer, filled, Math.min(chunk, buffer.length - filled), null);
      if (count === 0) return { bytes: offset, torn: filled - 1, stopped: false };
      filled += count;
      let start = 1;
      for (;;) {
        const end = buffer.indexOf(0x0a, start);
        if (end === -1 || end >= filled) break;
        if (!visit({ buffer, start, end, offset })) return { bytes: offset, torn: 0, stopped: true };
        offset += end + 1 - start;
        start = end + 1;
      }
      if (start === 1 && filled > maxBytes + 1) {
        visit({ buffer, start, end: filled, offset });
        return { bytes: offset, torn: 0, stopped: true };
      }
      buffer.copy(buffer, 1, start, filled);
      filled = 1 + filled - start;
    }
  } finally {
    closeSync(fd);
  }
}
