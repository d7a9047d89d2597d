import { displayWidth, wrapWidth } from "../width.ts";

// oxlint-disable-next-line no-control-regex -- the sequences of our own style
const COLOUR = /\u001b\[\d+m/g;

/**
 * Breaks text into lines at blanks; a word wider than a line is broken where the line ends.
 *
 * @param text Sanitised text; its own line feeds stay.
 * @param columns Cells in a line.
 * @param indent Texts before the first and the other lines.
 * @returns Lines.
 */
export function wrapWords(
  text: string,
  columns: number,
  indent: { readonly first: string; readonly rest: string } = { first: "", rest: "" },
): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = lines.length === 0 ? indent.first : indent.rest;
    let width = displayWidth(line);
    let empty = true;
    for (const word of paragraph.split(" ")) {
      const cells = displayWidth(word.replace(COLOUR, ""));
      if (!empty && width + 1 + cells > columns) {
        lines.push(line);
        line = indent.rest;
        width = displayWidth(line);
        empty = true;
      }
      if (empty && cells > columns - width && !word.includes("\u001b")) {
        const pieces = wrapWidth(word, Math.max(2, columns - width));
        for (const piece of pieces.slice(0, -1)) {
          lines.push(line + piece);
          line = indent.rest;
        }
        const last = pieces.at(-1) ?? "";
        line += last;
        width = displayWidth(line);
      } else {
        line += empty ? word : ` ${word}`;
        width += (empty ? 0 : 1) + cells;
      }
      empty = false;
    }
    lines.push(line);
  }
  return lines;
}
