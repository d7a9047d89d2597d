/** Head and tail of an endless output. */
export interface OutputBuffer {
  /** Takes a chunk; its bytes are copied. */
  push(chunk: Uint8Array): void;
  /** Bytes seen in all. */
  readonly total: number;
  /** What is shown: everything, or head, a line that says how much is missing, and tail. */
  result(): { readonly bytes: Uint8Array; readonly truncated: boolean };
}

const FIRST_BYTES = 16 * 1024;

/**
 * Creates a buffer that keeps the first three quarters and the last quarter of a limit.
 *
 * Threat: output in single bytes. Memory is that of the limit, and a byte costs the same however it comes.
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
  let head = new Uint8Array(Math.min(headBytes, FIRST_BYTES));
  // Made when the head is full: most output never needs it.
  let ring: Uint8Array | null = null;
  let [total, headSize] = [0, 0];
  function pushHead(bytes: Uint8Array): void {
    if (headSize + bytes.length > head.length) {
      const larger = new Uint8Array(Math.min(headBytes, Math.max(head.length * 2, headSize + bytes.length)));
      larger.set(head.subarray(0, headSize));
      head = larger;
    }
    head.set(bytes, headSize);
    headSize += bytes.length;
  }
  // The ring's next place follows from what went past the head so far.
  function pushTail(bytes: Uint8Array, at: number): void {
    if (tailBytes === 0) return;
    ring ??= new Uint8Array(tailBytes);
    const last = bytes.subarray(Math.max(0, bytes.length - tailBytes));
    const start = (at + bytes.length - last.length) % tailBytes;
    const first = last.subarray(0, tailBytes - start);
    ring.set(first, start);
    ring.set(last.subarray(first.length), 0);
  }
  return {
    get total(): number {
      return total;
    },
    push(chunk) {
      const first = chunk.subarray(0, headBytes - headSize);
      const passed = total - headSize;
      if (first.length > 0) pushHead(first);
      if (first.length < chunk.length) pushTail(chunk.subarray(first.length), Math.max(0, passed));
      total += chunk.length;
    },
    result() {
      const passed = total - headSize;
      const kept = Math.min(passed, tailBytes);
      const end = passed % Math.max(1, tailBytes);
      const tail = ring === null
        ? new Uint8Array()
        : passed <= tailBytes
        ? ring.subarray(0, kept)
        : Buffer.concat([ring.subarray(end), ring.subarray(0, end)]);
      const missing = passed - kept;
      const start = head.subarray(0, headSize);
      if (missing <= 0) return { bytes: Buffer.concat([start, tail]), truncated: false };
      const note = new TextEncoder().encode(`\n[… ${missing} bytes left out …]\n`);
      return { bytes: Buffer.concat([start, note, tail]), truncated: true };
    },
  };
}
