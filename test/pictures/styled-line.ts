import { displayWidth } from "../../cli/term/width.ts";

/** A piece of a line in one style. */
export interface StyledRun {
  readonly text: string;
  /** Cell at which it begins, from 0. */
  readonly at: number;
  /** ANSI colour 0 to 15, or `null` for the terminal's own. */
  readonly colour: number | null;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Pen {
  colour: number | null;
  bold: boolean;
  dim: boolean;
}

// oxlint-disable-next-line no-control-regex -- that is what a terminal prints
const SGR = /\u001b\[([\d;]*)m/g;

/**
 * Reads one line as `tmux capture-pane -e` prints it: text, and SGR sequences (ECMA-48) for the 16 colours, bold and dim.
 *
 * @param line One line.
 * @returns Its runs, without those that are blank.
 */
export function styledLine(line: string): readonly StyledRun[] {
  const pen: Pen = { colour: null, bold: false, dim: false };
  const runs: StyledRun[] = [];
  let [from, cell] = [0, 0];
  function take(to: number): void {
    const text = line.slice(from, to);
    if (text.trim() !== "") runs.push({ text, at: cell, ...pen });
    cell += displayWidth(text);
  }
  for (const match of line.matchAll(SGR)) {
    take(match.index);
    from = match.index + match[0].length;
    for (const code of (match[1] ?? "").split(";")) setPen(pen, Number(code));
  }
  take(line.length);
  return runs;
}

function setPen(pen: Pen, code: number): void {
  if (code === 0) Object.assign(pen, { colour: null, bold: false, dim: false });
  else if (code === 1) pen.bold = true;
  else if (code === 2) pen.dim = true;
  else if (code === 22) Object.assign(pen, { bold: false, dim: false });
  else if (code >= 30 && code <= 37) pen.colour = code - 30;
  else if (code >= 90 && code <= 97) pen.colour = code - 90 + 8;
  else if (code === 39) pen.colour = null;
}
