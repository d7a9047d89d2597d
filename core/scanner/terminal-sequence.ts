/** Longer terminal sequences do not count as one; then only their controls are ignored. */
export const MAX_SEQUENCE_BYTES = 256;

const ESC = 0x1b;
const BEL = 0x07;

/**
 * Measures the terminal sequence that begins at an offset: CSI, OSC, DCS, SOS, PM, APC and two-byte escapes (ECMA-48),
 * with ESC or C1 introducers in UTF-8.
 *
 * @param bytes Output of a program, untrusted.
 * @param at Offset of its first byte.
 * @param end Offset behind the last byte known.
 * @returns Its length in bytes, 0 when none begins here, -1 when more bytes are needed to tell.
 */
export function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (first !== ESC && first !== 0xc2) return 0;
  if (at + 1 >= end) return -1;
  const second = bytes[at + 1] ?? 0;
  // C1 controls are ESC and a letter in one: 0x9B is ESC [.
  if (first !== ESC && (second < 0x80 || second > 0x9f)) return 0;
  const kind = first === ESC ? second : second - 0x40;
  const last = Math.min(end, at + MAX_SEQUENCE_BYTES);
  const length = bodyLength(bytes, { kind, at: at + 2, end: last });
  if (length < 0) return last < at + MAX_SEQUENCE_BYTES ? -1 : 0;
  return length === 0 ? 0 : at + 2 + length - 1 - at;
}

interface Body {
  readonly kind: number;
  readonly at: number;
  readonly end: number;
}

// Returns 1 + the number of bytes behind the introducer, 0 for no sequence, -1 for an unfinished one.
function bodyLength(bytes: Uint8Array, body: Body): number {
  switch (body.kind) {
    case 0x5b: // [
      return controlSequence(bytes, body);
    case 0x5d: // ]
    case 0x50: // P
    case 0x58: // X
    case 0x5e: // ^
    case 0x5f: // _
      return controlString(bytes, body);
    default:
      if (body.kind >= 0x20 && body.kind <= 0x2f) return designation(bytes, body);
      return body.kind >= 0x30 && body.kind <= 0x7e ? 1 : 0;
  }
}

function controlSequence(bytes: Uint8Array, body: Body): number {
  for (let i = body.at; i < body.end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x40 && byte <= 0x7e) return i + 2 - body.at;
    if (byte < 0x20 || byte > 0x3f) return 0;
  }
  return -1;
}

function controlString(bytes: Uint8Array, body: Body): number {
  for (let i = body.at; i < body.end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === BEL) return i + 2 - body.at;
    const next = bytes[i + 1] ?? 0;
    const ends = (byte === ESC && next === 0x5c) || (byte === 0xc2 && next === 0x9c);
    if (ends && i + 1 < body.end) return i + 3 - body.at;
  }
  return -1;
}

function designation(bytes: Uint8Array, body: Body): number {
  for (let i = body.at; i < body.end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x30 && byte <= 0x7e) return i + 2 - body.at;
    if (byte < 0x20 || byte > 0x2f) return 0;
  }
  return -1;
}
