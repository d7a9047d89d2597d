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
