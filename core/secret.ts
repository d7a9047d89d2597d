/**
 * A secret value on loan: `use` lends the bytes, `dispose` zeroes them. Every way of turning it into text gives
 * `[secret]`, so that a log line or an error cannot carry it by accident. Copies that a runtime made cannot be wiped:
 * the promise is less exposure, not erasure.
 */
export class SecretBytes {
  #bytes: Uint8Array | null;

  /** Takes ownership of `bytes`; the caller must not keep them. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // Covers `console.log` and its like on Node and Deno.
    Object.defineProperty(this, Symbol.for("nodejs.util.inspect.custom"), {
      value: () => "[secret]",
    });
  }

  /** Lends the bytes for the time of `run`; throws after `dispose`. */
  use<T>(run: (bytes: Uint8Array) => T): T {
    if (this.#bytes === null) {
      throw new TypeError("Cannot use secret: it was disposed");
    }
    return run(this.#bytes);
  }

  /** Zeroes the bytes; idempotent. */
  dispose(): void {
    this.#bytes?.fill(0);
    this.#bytes = null;
  }

  /** Never the value. */
  toString(): string {
    return "[secret]";
  }

  /** Never the value. */
  toJSON(): string {
    return "[secret]";
  }

  /** Never the value; covers template strings and arithmetic. */
  [Symbol.toPrimitive](): string {
    return "[secret]";
  }
}
