import { wrapWords } from "../term/markdown/wrap-words.ts";
import { sanitize, sanitizeLine } from "../term/sanitize.ts";
import { displayWidth } from "../term/width.ts";

/**
 * Ends a text with exactly one line feed, safe for a terminal.
 *
 * @param text Any text, untrusted.
 * @returns Lines.
 */
export function textLines(text: string): string {
  const safe = sanitize(text);
  return safe === "" || safe.endsWith("\n") ? safe : `${safe}\n`;
}

/**
 * Lays rows out in columns, two blanks apart; the last column is not padded.
 *
 * @param rows Cells, untrusted; rows may differ in length.
 * @returns Lines without a final line feed.
 */
export function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(sanitizeLine));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell));
  }
  return cells.map((row) =>
    row.map((cell, at) => at === row.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - displayWidth(cell) + 2))
      .join("").trimEnd()
  ).join("\n");
}

/** The narrowest last column that is still broken between words beside the others. */
const MIN_LAST_CELLS = 16;

/**
 * Lays rows out in columns as {@link columns} does, for a window: the last column is broken between words and goes on
 * below itself.
 *
 * @param rows Cells, untrusted.
 * @param cells Width of the window.
 * @returns Lines without a final line feed.
 */
export function columnsWithin(rows: readonly (readonly string[])[], cells: number): string {
  const lines = columns(rows).split("\n");
  return rows.flatMap((row, at) => {
    const line = lines[at] ?? "";
    const last = sanitizeLine(row.at(-1) ?? "").trimEnd();
    const indent = displayWidth(line) - displayWidth(last);
    if (displayWidth(line) <= cells || row.length < 2) return [line];
    const first = line.slice(0, line.length - last.length);
    // Where the other columns take too much, the last one begins a line of its own.
    if (cells - indent < MIN_LAST_CELLS) {
      return [first.trimEnd(), ...wrapWords(last, cells, { first: "  ", rest: "  " })];
    }
    return wrapWords(last, cells, { first, rest: " ".repeat(indent) });
  }).join("\n");
}
