/** A stretch of a string, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Translates byte ranges of the UTF-8 form of a string into ranges of the string itself. A range that begins or ends
 * inside a character is widened to whole characters.
 *
 * @param text The string; lone surrogates count three bytes, as the encoder writes them.
 * @param ranges Byte ranges in order, not overlapping.
 * @returns The ranges in UTF-16 units.
 */
export function textRanges(text: string, ranges: readonly TextRange[]): readonly TextRange[] {
  const found: TextRange[] = [];
  let unit = 0;
  let byte = 0;
  for (const range of ranges) {
    let start = unit;
    while (byte <= range.start && unit < text.length) {
      start = unit;
      const width = widthAt(text, unit);
      if (byte + width.bytes > range.start) break;
      byte += width.bytes;
      unit += width.units;
      start = unit;
    }
    while (byte < range.end && unit < text.length) {
      const width = widthAt(text, unit);
      byte += width.bytes;
      unit += width.units;
    }
    found.push({ start, end: unit });
  }
  return found;
}

function widthAt(text: string, unit: number): { readonly bytes: number; readonly units: number } {
  const code = text.charCodeAt(unit);
  if (code < 0x80) return { bytes: 1, units: 1 };
  if (code < 0x800) return { bytes: 2, units: 1 };
  const next = text.charCodeAt(unit + 1);
  const pair = code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff;
  return pair ? { bytes: 4, units: 2 } : { bytes: 3, units: 1 };
}
