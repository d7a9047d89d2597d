/** A block of addresses, e.g. `10.0.0.0/8`. */
export interface Cidr {
  /** 4 or 16 bytes, host bits zero. */
  readonly bytes: Uint8Array;
  /** Length of the prefix in bits. */
  readonly bits: number;
}

/**
 * Reads an IP address strictly: four decimal numbers without leading zeros, or IPv6 (RFC 4291) without zone or
 * brackets. An IPv4-mapped address is unwrapped, so that one machine has one spelling.
 *
 * @param text Text of any kind.
 * @returns 4 or 16 bytes, or `null` when it is no address.
 */
export function parseAddress(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  if (!text.includes(":")) return parseV4(text);
  const bytes = parseV6(text);
  return bytes === null ? null : unwrap(bytes);
}

/**
 * Writes an address in its one canonical form (RFC 5952).
 *
 * @param bytes 4 or 16 bytes.
 * @returns Dotted decimal or compressed lower-case hex.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const words = Array.from({ length: 8 }, (_, at) => (byteAt(bytes, at * 2) << 8) | byteAt(bytes, at * 2 + 1));
  const gap = longestZeros(words);
  const hex = words.map((word) => word.toString(16));
  if (gap === null) return hex.join(":");
  return `${hex.slice(0, gap.start).join(":")}::${hex.slice(gap.end).join(":")}`;
}

/**
 * Reads a CIDR block; a bare address is a block of one.
 *
 * @param text E.g. `10.0.0.0/8` or `fd00::/8`.
 * @returns The block, or `null` when it is malformed or has bits set behind its prefix.
 */
export function parseCidr(text: string): Cidr | null {
  const cut = text.indexOf("/");
  // Mapped blocks would silently change their length when unwrapped: only plain spellings are read.
  const bytes = cut < 0 ? parseAddress(text) : parseUnmapped(text.slice(0, cut));
  if (bytes === null) return null;
  const size = bytes.length * 8;
  const suffix = cut < 0 ? String(size) : text.slice(cut + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(suffix)) return null;
  const bits = Number(suffix);
  if (bits > size) return null;
  for (let bit = bits; bit < size; bit++) {
    if ((byteAt(bytes, bit >> 3) & (0x80 >> (bit & 7))) !== 0) return null;
  }
  return { bytes, bits };
}

/**
 * Tells whether an address lies in a block; families never mix.
 *
 * @param cidr The block.
 * @param bytes An address as {@link parseAddress} gives it.
 * @returns `true` when the first `bits` bits agree.
 */
export function cidrContains(cidr: Cidr, bytes: Uint8Array): boolean {
  if (cidr.bytes.length !== bytes.length) return false;
  const whole = cidr.bits >> 3;
  for (let at = 0; at < whole; at++) if (cidr.bytes[at] !== bytes[at]) return false;
  const left = cidr.bits & 7;
  return left === 0 || ((byteAt(cidr.bytes, whole) ^ byteAt(bytes, whole)) >> (8 - left)) === 0;
}

function parseUnmapped(text: string): Uint8Array | null {
  return text.includes(":") ? (text.length > 45 ? null : parseV6(text)) : parseV4(text);
}

function parseV4(text: string): Uint8Array | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (const [at, part] of parts.entries()) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    bytes[at] = Number(part);
  }
  return bytes;
}

function parseV6(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = wordsOf(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? wordsOf(halves[1] ?? "", true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const words = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** The 16-bit words of one side of `::`; a dotted tail counts as two and may only stand at the end. */
function wordsOf(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const words: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      words.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = last && at === parts.length - 1 ? parseV4(part) : null;
    if (dotted === null) return null;
    words.push((byteAt(dotted, 0) << 8) | byteAt(dotted, 1), (byteAt(dotted, 2) << 8) | byteAt(dotted, 3));
  }
  return words;
}

/** `::ffff:a.b.c.d` is the IPv4 address a.b.c.d for every socket call. */
function unwrap(bytes: Uint8Array): Uint8Array {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : bytes;
}

/** The longest run of two or more zero words, the first of equals. */
function longestZeros(words: readonly number[]): { start: number; end: number } | null {
  let best: { start: number; end: number } | null = null;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && words[end] === 0) end++;
    if (end - start >= 2 && (best === null || end - start > best.end - best.start)) best = { start, end };
    if (end > start) start = end;
  }
  return best;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
