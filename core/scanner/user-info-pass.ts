import { type Span, USER_INFO } from "./spans.ts";
import type { ByteWindow } from "./window.ts";

/** Longer user-info is not looked for, in bytes. */
export const MAX_USER_INFO_BYTES = 8192;

const COLON = 0x3a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const AT = 0x40;
// Bytes of `:\/\/`.
const LONGEST_START = 5;

/** Finds the user-info of URLs: what stands between `://` (or `:\/\/`, as some JSON has it) and the last `@` of the authority. */
export class UserInfoPass {
  /** Absolute offset of the next byte to read. */
  at = 0;
  /** Matches in order. */
  spans: Span[] = [];
  /** Where the authority that is being read begins, or -1. */
  #start = -1;
  /** Offset of the last `@` in it, or -1. */
  #lastAt = -1;
  /** Offset of the next `@` that is known, or -1. */
  #sign = -1;
  /** Offset in front of which there is no `@` from {@link at} on. */
  #clear = 0;

  /** Reads all there is. */
  run(window: ByteWindow, final: boolean): void {
    for (;;) {
      const reading = this.#start >= 0;
      if (this.at >= window.end && !(final && reading)) return;
      const moved = reading ? this.#read(window, final) : this.#search(window, final);
      if (!moved) return;
    }
  }

  /** Absolute offset in front of which no future match can begin. */
  safe(): number {
    return this.#start < 0 ? Infinity : this.#start;
  }

  #search(window: ByteWindow, final: boolean): boolean {
    const { bytes, base } = window;
    const end = window.end - base;
    // Without an `@` in reach there is nothing to find: skip to where one could still follow.
    const reach = this.#nextSign(window) - MAX_USER_INFO_BYTES - LONGEST_START;
    const colon = bytes.indexOf(COLON, Math.max(this.at, reach) - base);
    if (colon < 0 || colon >= end) {
      this.at = window.end;
      return true;
    }
    const length = slashes(bytes, colon + 1, end);
    if (length < 0 && !final) {
      this.at = base + colon;
      return false;
    }
    this.at = base + colon + 1 + Math.max(length, 0);
    if (length > 0) this.#start = this.at;
    return true;
  }

  // Absolute offset of the next `@`, or the end; remembered, so that many colons do not make it quadratic.
  #nextSign(window: ByteWindow): number {
    if (this.#sign >= this.at) return this.#sign;
    const from = Math.max(this.at, this.#clear);
    const found = window.bytes.indexOf(AT, from - window.base) + window.base;
    if (found < from || found >= window.end) {
      this.#clear = window.end;
      return window.end;
    }
    this.#sign = found;
    return found;
  }

  #read(window: ByteWindow, final: boolean): boolean {
    const { bytes, base } = window;
    const last = Math.min(window.end, this.#start + MAX_USER_INFO_BYTES);
    let i = this.at;
    for (; i < last; i++) {
      const byte = bytes[i - base] ?? 0;
      if (byte === AT) this.#lastAt = i;
      else if (endsAuthority(byte)) break;
    }
    this.at = i;
    // All there is was read and it may go on.
    if (i === window.end && i < this.#start + MAX_USER_INFO_BYTES && !final) return false;
    if (this.#lastAt > this.#start) this.spans.push({ start: this.#start, end: this.#lastAt, pattern: USER_INFO });
    this.#start = -1;
    this.#lastAt = -1;
    return true;
  }
}

// Length of `//` or `\/\/`, 0 for anything else, -1 when more bytes are needed to tell.
function slashes(bytes: Uint8Array, at: number, end: number): number {
  const form = bytes[at] === BACKSLASH ? [BACKSLASH, SLASH, BACKSLASH, SLASH] : [SLASH, SLASH];
  for (const [index, expected] of form.entries()) {
    if (at + index >= end) return -1;
    if (bytes[at + index] !== expected) return 0;
  }
  return form.length;
}

// `'` may stand in user-info (RFC 3986), the quotes that enclose a URL may not.
function endsAuthority(byte: number): boolean {
  if (byte <= 0x20 || byte === 0x7f) return true;
  return byte === SLASH || byte === 0x3f || byte === 0x23 || byte === 0x22 || byte === 0x3c || byte === 0x3e ||
    byte === 0x60 || byte === BACKSLASH;
}
