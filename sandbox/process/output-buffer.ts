/** Head and tail of an endless output. */
export interface OutputBuffer {
  /** Takes a chunk; it may be kept, so the caller must not reuse it. */
  push(chunk: Uint8Array): void;
  /** Bytes seen in all. */
  readonly total: number;
  /** What is shown: everything, or head, a line that says how much is missing, and tail. */
  result(): { readonly bytes: Uint8Array; readonly truncated: boolean };
}

/**
 * Creates a buffer that keeps the first three quarters and the last quarter of a limit.
 *
 * @example
 * ```ts
 * const output = createOutputBuffer(1_048_576);
 * output.push(new TextEncoder().encode("hello\n"));
 * output.result(); // { bytes: …, truncated: false }
 * ```
 * @param maxBytes Bytes kept at most, besides the line in the middle.
 * @returns The buffer.
 */
export function createOutputBuffer(maxBytes: number): OutputBuffer {
  const headBytes = Math.ceil(maxBytes * 0.75);
  const tailBytes = maxBytes - headBytes;
  const head: Uint8Array[] = [];
  const tail: Uint8Array[] = [];
  let [total, headSize, tailSize] = [0, 0, 0];
  return {
    get total(): number {
      return total;
    },
    push(chunk) {
      total += chunk.length;
      const first = chunk.subarray(0, headBytes - headSize);
      if (first.length > 0) {
        head.push(first);
        headSize += first.length;
      }
      const rest = chunk.subarray(first.length);
      if (rest.length === 0) return;
      tail.push(rest.slice());
      tailSize += rest.length;
      // Whole chunks that can no longer be part of the tail go at once; the exact cut is made at the end.
      for (let oldest = tail[0]; oldest !== undefined && tailSize - oldest.length >= tailBytes; oldest = tail[0]) {
        tail.shift();
        tailSize -= oldest.length;
      }
    },
    result() {
      const kept = Buffer.concat(tail);
      const end = kept.subarray(Math.max(0, kept.length - tailBytes));
      const missing = total - headSize - end.length;
      if (missing <= 0) return { bytes: Buffer.concat([...head, end]), truncated: false };
      const note = new TextEncoder().encode(`\n[… ${missing} bytes left out …]\n`);
      return { bytes: Buffer.concat([...head, note, end]), truncated: true };
    },
  };
}
