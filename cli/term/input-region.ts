import type { LineState } from "./line-edit.ts";
import { sanitizeLine } from "./sanitize.ts";
import { displayWidth, fitWidth, wrapWidth } from "./width.ts";

/** How an input is drawn. */
export interface RegionView {
  readonly columns: number;
  /** Lines of the input that are shown; the rest scrolls. */
  readonly maxLines: number;
  readonly prompt: string;
  /** The line below the input. */
  readonly status: string;
}

/** Lines to draw, and where the cursor stands in them. */
export interface Region {
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
}

/** What stands before an input. */
export const PROMPT = "> ";

/**
 * Lays out the input and the status line below it.
 *
 * @param state The input.
 * @param view Width, height and texts around it.
 * @returns Lines safe for a terminal, none wider than it.
 */
export function inputRegion(state: LineState, view: RegionView): Region {
  const cells = Math.max(10, view.columns - displayWidth(view.prompt) - 1);
  const rows: string[] = [];
  let cursorRow = 0;
  let cursorColumn = 0;
  let offset = 0;
  for (const line of state.text.split("\n")) {
    const shown = sanitizeInput(line);
    const pieces = wrapWidth(shown, cells);
    if (state.cursor >= offset && state.cursor <= offset + line.length) {
      const head = wrapWidth(sanitizeInput(line.slice(0, state.cursor - offset)), cells);
      cursorRow = rows.length + head.length - 1;
      cursorColumn = displayWidth(head.at(-1) ?? "");
    }
    rows.push(...pieces);
    offset += line.length + 1;
  }
  const first = Math.max(0, Math.min(cursorRow - view.maxLines + 1, rows.length - view.maxLines));
  const visible = rows.slice(first, first + view.maxLines);
  const lines = visible.map((row, at) => `${at === 0 ? view.prompt : " ".repeat(displayWidth(view.prompt))}${row}`);
  const status = sanitizeLine(view.status);
  if (status !== "") lines.push(fitWidth(status, Math.max(10, view.columns - 1)));
  return { lines, row: cursorRow - first, column: displayWidth(view.prompt) + cursorColumn };
}

/**
 * Lays out the search in the history, in the place of the input.
 *
 * @param query What was typed of it.
 * @param hit The input that was found, untrusted.
 * @param columns Width of the terminal.
 * @returns Lines safe for a terminal.
 */
export function searchRegion(query: string, hit: string | undefined, columns: number): Region {
  const line = sanitizeLine(`search "${query}": ${hit ?? (query === "" ? "" : "nothing found")}`);
  const shown = fitWidth(line, Math.max(10, columns - 1));
  return { lines: [shown, "Enter takes it, Ctrl+R looks further back, Esc leaves"], row: 0, column: 8 };
}

/** A person's own blanks stay as they are: nothing is hidden from the one who types. */
function sanitizeInput(line: string): string {
  return line.split(/( +)/).map((part) => part.startsWith(" ") ? part : sanitizeLine(part)).join("");
}
