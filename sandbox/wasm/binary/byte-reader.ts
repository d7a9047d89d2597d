import { SandboxError } from "../../errors.ts";

/**
 * Reads a WebAssembly binary (core specification 3.0, section 5) from front to end.
 *
 * Numbers are taken strictly: no more bytes than the width needs, no bits beyond the width. Everything that does not
 * fit is `WASM_FORMAT` with the place.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Place of the first byte. */
  readonly start: number;
  /** Place behind the last byte. */
  readonly end: number;
  #at: number;

  /**
   * @param bytes All bytes.
   * @param start Where to begin.
   * @param end Where to stop, at most the length.
   */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.#at = start;
    this.end = end;
  }

  /** Place of the next byte. */
  get at(): number {
    return this.#at;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#at >= this.end;
  }

  /** Next byte. */
  byte(): number {
    if (this.#at >= this.end) this.fail("ends too early");
    return this.bytes[this.#at++] ?? 0;
  }

  /** An unsigned number of 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) this.fail("has a number of more than 32 bits");
    return (value | (last << 28)) >>> 0;
  }

  /** A signed number of 33 bits: a block's type. */
  s33(): number {
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return byte & 0x40 ? value - 2 ** (7 * index + 7) : value;
    }
    const last = this.byte();
    // Five bits are left; the two above them repeat the sign.
    if (last > 0x7f || ((last & 0x70) !== 0 && (last & 0x70) !== 0x70)) this.fail("has a number of more than 33 bits");
    value += (last & 0x1f) * 2 ** 28;
    return last & 0x10 ? value - 2 ** 33 : value;
  }

  /** Passes over a signed number of 32 or 64 bits. */
  skipSigned(width: 32 | 64): void {
    const whole = width === 32 ? 4 : 9;
    for (let index = 0; index < whole; index++) {
      if (this.byte() < 0x80) return;
    }
    const last = this.byte();
    // Of 32 bits four are left, of 64 one; the bits above repeat the sign.
    const mask = width === 32 ? 0x78 : 0x7f;
    if (last > 0x7f || ((last & mask) !== 0 && (last & mask) !== mask)) {
      this.fail(`has a number of more than ${width} bits`);
    }
  }

  /** Passes over bytes. */
  skip(count: number): void {
    if (count > this.end - this.#at) this.fail("ends too early");
    this.#at += count;
  }

  /** A reader of the next `count` bytes, over which this one passes. */
  part(count: number): ByteReader {
    const start = this.#at;
    this.skip(count);
    return new ByteReader(this.bytes, start, this.#at);
  }

  /** A name: length and UTF-8. */
  name(): string {
    const length = this.u32();
    const start = this.#at;
    this.skip(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        this.bytes.subarray(start, this.#at),
      );
    } catch {
      return this.fail("has a name that is not UTF-8");
    }
  }

  /**
   * A count of things that follow, each of at least one byte.
   *
   * Threat: a count of four billion in front of nothing makes a reader reserve memory for it.
   */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.#at) this.fail(`announces ${count} entries and ends before them`);
    return count;
  }

  /** A number that has to name one of `count` things. */
  index(count: number, what: string): number {
    const index = this.u32();
    if (index >= count) this.fail(`names number ${index} of ${count} ${what}`);
    return index;
  }

  /** Refuses what is read. */
  fail(what: string): never {
    throw new SandboxError("WASM_FORMAT", `Cannot read module: it ${what}, at byte ${this.#at}`);
  }
}
