// Blocks whose letters take two cells: Hangul Jamo, CJK, kana, Hangul, full-width forms, emoji and pictographs.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x2614, 0x2615],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f335],
  [0x1f337, 0x1f37c],
  [0x1f37e, 0x1f393],
  [0x1f3a0, 0x1f3ca],
  [0x1f3cf, 0x1f3d3],
  [0x1f3e0, 0x1f3f0],
  [0x1f3f4, 0x1f3f4],
  [0x1f3f8, 0x1f43e],
  [0x1f440, 0x1f440],
  [0x1f442, 0x1f4fc],
  [0x1f4ff, 0x1f53d],
  [0x1f54b, 0x1f567],
  [0x1f5fb, 0x1f64f],
  [0x1f680, 0x1f6c5],
  [0x1f6d0, 0x1f6d2],
  [0x1f6eb, 0x1f6ec],
  [0x1f6f4, 0x1f6fc],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
const PLAIN = /^[\u0020-\u007e]*$/;
const COMBINING = /^\p{M}$/u;

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (COMBINING.test(char)) return 0;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/**
 * Counts the cells that a sanitised line takes on a terminal.
 *
 * @example
 * ```ts
 * displayWidth("naïve 漢字"); // 10
 * ```
 * @param line One line without control characters.
 * @returns Cells; a combining mark takes none, an East Asian wide character two.
 */
export function displayWidth(line: string): number {
  if (PLAIN.test(line)) return line.length;
  let width = 0;
  for (const char of line) width += charWidth(char);
  return width;
}

/**
 * Cuts a sanitised line to a number of cells.
 *
 * @param line One line without control characters.
 * @param cells Upper bound, at least 1.
 * @returns The line, or its start and `…`.
 */
export function fitWidth(line: string, cells: number): string {
  if (displayWidth(line) <= cells) return line;
  let kept = "";
  let width = 0;
  for (const char of line) {
    width += charWidth(char);
    if (width > cells - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/**
 * Breaks a sanitised line into pieces of at most `cells` cells.
 *
 * @param line One line without control characters.
 * @param cells Upper bound, at least 2.
 * @returns One or more pieces that join to the line.
 */
export function wrapWidth(line: string, cells: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  let width = 0;
  for (const char of line) {
    const wide = charWidth(char);
    if (width + wide > cells && piece !== "") {
      pieces.push(piece);
      piece = "";
      width = 0;
    }
    piece += char;
    width += wide;
  }
  pieces.push(piece);
  return pieces;
}
