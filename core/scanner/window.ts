/** A moving view of a byte stream: offsets are absolute, bytes in front of `base` are gone. */
export class ByteWindow {
  /** Holds the bytes from `base` on; longer than needed. */
  bytes: Uint8Array;
  /** Absolute offset of `bytes[0]`. */
  base = 0;
  /** Absolute offset behind the last byte. */
  end: number;

  /** Starts with bytes that are only read, not copied. */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Adds bytes at the end. */
  append(chunk: Uint8Array): void {
    const used = this.end - this.base;
    if (used + chunk.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(2 * used, used + chunk.length, 4096));
      grown.set(this.bytes.subarray(0, used));
      this.bytes = grown;
    }
    this.bytes.set(chunk, used);
    this.end += chunk.length;
  }

  /** Forgets everything in front of an absolute offset. */
  drop(before: number): void {
    const gone = before - this.base;
    if (gone <= 0) return;
    this.bytes.copyWithin(0, gone, this.end - this.base);
    this.base = before;
  }

  /** Copies the bytes between two absolute offsets. */
  slice(start: number, end: number): Uint8Array {
    return this.bytes.slice(start - this.base, end - this.base);
  }
}
