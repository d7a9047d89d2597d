import type { Position } from "./document.ts";

/**
 * Finds where the lines of a text begin.
 *
 * @param text The text.
 * @returns Offsets in UTF-16 units, the first is 0.
 */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/**
 * Turns an offset into a place.
 *
 * @param lines What {@link lineStarts} found.
 * @param offset In UTF-16 units, >= 0.
 * @returns Line and column, both from 1.
 */
export function placeOf(lines: readonly number[], offset: number): Position {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, col: offset - (lines[low] ?? 0) + 1 };
}
