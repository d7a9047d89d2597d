/**
 * Characters that do not move the scanner: they can stand between the letters of a value without changing what a
 * person, or a program that trims, makes of it.
 *
 * Threat: a value cut by line ends, wrapped base64, spaced hex, ASCII in UTF-16, zero-width characters, soft hyphens,
 * direction marks, variation selectors, tags. Fixed ranges instead of the runtime's Unicode data, so that Node and Deno
 * agree: general category Cf, Default_Ignorable_Code_Point, C1 controls, line and paragraph separator.
 */
export const FORMAT_RANGES: readonly (readonly [number, number])[] = [
  [0x80, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x600, 0x605],
  [0x61c, 0x61c],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x890, 0x891],
  [0x8e2, 0x8e2],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x110bd, 0x110bd],
  [0x110cd, 0x110cd],
  [0x13430, 0x1343f],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

const ACCEPT = 255;
const TABLES = buildTables();

/** Not 0 for the lead bytes of UTF-8 that may begin a format character; all others go the fast way. */
export const FORMAT_LEADS: Uint8Array = TABLES.leads;

/** The lowest byte that may begin a format character. */
export const FIRST_FORMAT_LEAD = 0xc2;

/**
 * Tells whether a single byte is ignored: controls, space, DEL.
 *
 * @param byte 0 to 255.
 * @returns `true` up to 0x20 and for 0x7F.
 */
export function isIgnoredByte(byte: number): boolean {
  return byte <= 0x20 || byte === 0x7f;
}

/**
 * Measures the format character that begins at an offset.
 *
 * @param bytes Text as UTF-8, or anything else.
 * @param at Offset of its first byte.
 * @param end Offset behind the last byte known.
 * @returns Its length in bytes, 0 when none begins here, -1 when more bytes are needed to tell.
 */
export function formatLength(bytes: Uint8Array, at: number, end: number): number {
  let row = TABLES.leads[bytes[at] ?? 0] ?? 0;
  if (row === 0) return 0;
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return 0;
    row = TABLES.steps[row * 64 + (byte & 63)] ?? 0;
    if (row === 0) return 0;
    if (row === ACCEPT) return i + 1 - at;
  }
  return -1;
}

/**
 * Finds the last byte before an offset that counts, walking back over ignored bytes and format characters.
 *
 * @param bytes The bytes.
 * @param before Offset behind the first candidate.
 * @param floor The lowest offset to look at.
 * @returns Its offset, or -1 when there is none down to `floor`.
 */
export function previousSignificant(bytes: Uint8Array, before: number, floor: number): number {
  let i = before - 1;
  while (i >= floor) {
    const byte = bytes[i] ?? 0;
    if (isIgnoredByte(byte)) i--;
    else if ((byte & 0xc0) === 0x80) {
      const length = formatLengthEndingAt(bytes, i);
      if (length === 0) return i;
      i -= length;
    } else return i;
  }
  return -1;
}

/**
 * Removes everything that does not move the scanner.
 *
 * @param bytes Any bytes.
 * @returns What is left, in order.
 */
export function withoutIgnored(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (isIgnoredByte(byte)) continue;
    const format = formatLength(bytes, i, bytes.length);
    if (format > 0) i += format - 1;
    else kept[length++] = byte;
  }
  return kept.subarray(0, length);
}

// Format characters hold exactly one lead byte, their first: they cannot overlap, so looking back is safe.
function formatLengthEndingAt(bytes: Uint8Array, last: number): number {
  for (let length = 2; length <= 4 && length <= last + 1; length++) {
    if (formatLength(bytes, last + 1 - length, last + 1) === length) return length;
  }
  return 0;
}

// The bytes before the last one, which are the same for 64 points in a row.
function leadBytes(block: number): readonly [lead: number, ...middle: number[]] {
  if (block < 0x20) return [0xc0 | block];
  const middle = 0x80 | (block & 63);
  return block < 0x400 ? [0xe0 | (block >> 6), middle] : [0xf0 | (block >> 12), 0x80 | ((block >> 6) & 63), middle];
}

// A small automaton over UTF-8: `leads[first]` is a row, `steps[row * 64 + (next & 63)]` the next row, ACCEPT or 0.
function buildTables(): { readonly leads: Uint8Array; readonly steps: Uint8Array } {
  const leads = new Uint8Array(256);
  const rows: Uint8Array[] = [new Uint8Array(64)];
  for (const [first, last] of FORMAT_RANGES) {
    // By blocks of 64, since every start builds this: one by one, the tags alone are four thousand steps.
    for (let block = first >> 6; block <= last >> 6; block++) {
      const [lead, ...middle] = leadBytes(block);
      let row = leads[lead] ||= rows.push(new Uint8Array(64)) - 1;
      for (const byte of middle) {
        const steps = rows[row] ?? new Uint8Array(64);
        row = steps[byte & 63] ||= rows.push(new Uint8Array(64)) - 1;
      }
      rows[row]?.fill(ACCEPT, Math.max(first - (block << 6), 0), Math.min(last - (block << 6), 63) + 1);
    }
  }
  const steps = new Uint8Array(rows.length * 64);
  rows.forEach((row, index) => steps.set(row, index * 64));
  return { leads, steps };
}
