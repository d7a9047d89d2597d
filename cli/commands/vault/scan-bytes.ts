import { type Classification, detectText, type Redactor } from "../../../core/mod.ts";

/** Something found in a file, stdin or a git object; never the value itself. */
export interface ScanFinding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  readonly handle: string | null;
  /** How a known value was spelled. */
  readonly encoding: string | null;
  /** The detector, for findings of `--patterns`. */
  readonly rule: string | null;
  readonly class: Classification;
  /** Byte offset of its end in the whole file. */
  readonly end: number;
}

/** What to look for, and where the bytes begin. */
export interface ScanOptions {
  readonly redactor: Redactor;
  readonly patterns: boolean;
  /** What came before the bytes in the same file. */
  readonly before?: { readonly bytes: number; readonly lines: number; readonly column: number };
}

/**
 * Looks for known values and, on request, for what resembles a credential.
 *
 * @param path How to call the bytes.
 * @param bytes The bytes.
 * @param options What to look for.
 * @returns Findings in order of their place.
 */
export async function scanBytes(
  path: string,
  bytes: Uint8Array,
  options: ScanOptions,
): Promise<readonly ScanFinding[]> {
  const before = options.before ?? { bytes: 0, lines: 0, column: 0 };
  const known = options.redactor.findBytes(bytes);
  const found: (Omit<ScanFinding, "path" | "line" | "column"> & { readonly start: number })[] = known.map((hit) => ({
    handle: hit.handle,
    encoding: hit.encoding,
    rule: null,
    class: hit.handle === null ? "credential" : "secret",
    start: hit.start,
    end: hit.end,
  }));
  if (options.patterns && !bytes.subarray(0, 8192).includes(0)) {
    for (const hit of await detectInBytes(bytes)) {
      if (known.some((span) => span.start < hit.end && hit.start < span.end)) continue;
      found.push({ handle: null, encoding: null, ...hit });
    }
  }
  const place = new LineCounter(bytes, before);
  return found.toSorted((a, b) => a.start - b.start).map(({ start, ...finding }) => ({
    path,
    ...place.at(start),
    ...finding,
    end: finding.end + before.bytes,
  }));
}

async function detectInBytes(
  bytes: Uint8Array,
): Promise<
  readonly { readonly rule: string; readonly class: Classification; readonly start: number; readonly end: number }[]
> {
  // One unit a byte: the shapes are ASCII, and offsets stay byte offsets whatever the encoding.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return (await detectText(text)).map(({ rule, class: kind, start, end }) => ({ rule, class: kind, start, end }));
}

/** Turns growing offsets into lines and columns in one pass. */
class LineCounter {
  readonly #bytes: Uint8Array;
  readonly #column: number;
  #line: number;
  #lineStart = 0;
  #first = true;

  constructor(bytes: Uint8Array, before: { readonly lines: number; readonly column: number }) {
    this.#bytes = bytes;
    this.#line = before.lines + 1;
    this.#column = before.column;
  }

  at(offset: number): { readonly line: number; readonly column: number } {
    for (;;) {
      const next = this.#bytes.indexOf(0x0a, this.#lineStart);
      if (next < 0 || next >= offset) break;
      this.#line++;
      this.#lineStart = next + 1;
      this.#first = false;
    }
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#lineStart, offset));
    return { line: this.#line, column: text.length + 1 + (this.#first ? this.#column : 0) };
  }
}
