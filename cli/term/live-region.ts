import type { Region } from "./input-region.ts";
import { displayWidth, fitWidth } from "./width.ts";

/** What the region is drawn on. */
export interface RegionScreen {
  /** Writes to the terminal as it is. */
  readonly write: (text: string) => void;
  /** Cells in a line now. */
  readonly columns: () => number;
  /** Lines of the terminal now. */
  readonly rows: () => number;
}

/**
 * The few lines below the transcript that change: progress, the unfinished block, the input, the status. A line of the
 * transcript is printed once and never touched again.
 */
export interface LiveRegion {
  /**
   * Prints whole lines of the transcript above the region; they are sanitised and end with a line feed. `above` are the
   * lines above the input from now on, in the same write: what became part of the transcript is not shown twice.
   */
  print(lines: string, above?: readonly string[]): void;
  /** Sets the lines above the input, sanitised; the last ones are shown where there is no room for all. */
  top(lines: readonly string[]): void;
  /** Sets the input and what stands below it, or takes it away. */
  input(region: Region | null): void;
  /** Draws everything anew, after the width has changed. */
  resized(): void;
  /** Draws the region at the top of a blank screen; what stood there scrolls up, nothing is cleared away. */
  fresh(): void;
  /** Takes the region off the screen until the returned function is called: somebody else writes there. */
  hide(): () => void;
}

/** The most lines of the region. */
const MAX_LINES = 6;

/**
 * Creates the region. Every change is one write, so that nothing flickers.
 *
 * @param screen The terminal.
 * @returns The region, empty.
 */
export function createLiveRegion(screen: RegionScreen): LiveRegion {
  let above: readonly string[] = [];
  let input: Region | null = null;
  let drawn: Region | null = null;
  let hidden = 0;

  function room(): number {
    return Math.max(1, Math.min(MAX_LINES, Math.floor(screen.rows() / 3)));
  }
  function wanted(): Region | null {
    const below = input?.lines ?? [];
    const left = Math.max(0, room() - below.length);
    const cells = Math.max(10, screen.columns() - 1);
    const first = left === 0 ? [] : above.slice(-left).map((line) => fitWidth(line, cells));
    const lines = [...first, ...below];
    if (lines.length === 0) return null;
    if (input === null) return { lines, row: lines.length - 1, column: displayWidth(lines.at(-1) ?? "") };
    return { lines, row: first.length + input.row, column: input.column };
  }
  function draw(lines: string): void {
    if (hidden > 0) {
      if (lines !== "") screen.write(lines);
      return;
    }
    const next = wanted();
    if (lines === "" && same(drawn, next)) return;
    screen.write(`${erase(drawn, screen.columns())}${lines.replaceAll("\n", "\r\n")}${paint(next)}`);
    drawn = next;
  }
  return {
    print(lines, top): void {
      if (top !== undefined) above = top;
      draw(lines);
    },
    top(lines): void {
      above = lines;
      draw("");
    },
    input(region): void {
      input = region;
      draw("");
    },
    resized(): void {
      if (hidden > 0) return;
      const next = wanted();
      screen.write(`${erase(drawn, screen.columns())}${paint(next)}`);
      drawn = next;
    },
    fresh(): void {
      if (hidden > 0) return;
      const next = wanted();
      const scroll = "\n".repeat(Math.max(0, screen.rows() - 1));
      screen.write(`${erase(drawn, screen.columns())}${scroll}\u001b[H${paint(next)}`);
      drawn = next;
    },
    hide(): () => void {
      if (hidden++ === 0) {
        screen.write(erase(drawn, screen.columns()));
        drawn = null;
      }
      let shown = false;
      return () => {
        if (shown) return;
        shown = true;
        if (--hidden === 0) draw("");
      };
    },
  };
}

/** Moves to the first line of what was drawn and clears from there; a terminal that became narrower wrapped its lines. */
function erase(drawn: Region | null, columns: number): string {
  if (drawn === null) return "";
  let up = Math.floor(drawn.column / Math.max(1, columns));
  for (const line of drawn.lines.slice(0, drawn.row)) {
    up += Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns)));
  }
  return `${up > 0 ? `\u001b[${up}A` : ""}\r\u001b[J`;
}

function paint(region: Region | null): string {
  if (region === null) return "";
  const below = region.lines.length - 1 - region.row;
  const back = below > 0 ? `\u001b[${below}A` : "";
  const right = region.column > 0 ? `\u001b[${region.column}C` : "";
  return `${region.lines.join("\r\n")}${back}\r${right}`;
}

function same(a: Region | null, b: Region | null): boolean {
  if (a === null || b === null) return a === b;
  return a.row === b.row && a.column === b.column && a.lines.length === b.lines.length &&
    a.lines.every((line, at) => line === b.lines[at]);
}
