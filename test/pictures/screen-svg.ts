import { displayWidth } from "../../cli/term/width.ts";
import { styledLine, type StyledRun } from "./styled-line.ts";

/** What a picture shows. */
export interface Screen {
  /** Lines as `tmux capture-pane -e` prints them. */
  readonly lines: readonly string[];
  /** Cells in a line. */
  readonly columns: number;
  /** What it shows, in one sentence, for those who cannot see it. */
  readonly title: string;
}

const CELL = 8.4;
const LINE = 18;
const MARGIN = 14;
/** The 16 colours of a terminal, dark ground: each reads at a contrast of 4.5 or more, but black. */
const COLOURS: readonly string[] = [
  "#161b22",
  "#ff7b72",
  "#56d364",
  "#e3b341",
  "#79c0ff",
  "#d2a8ff",
  "#76e3ea",
  "#c9d1d9",
  "#8b949e",
  "#ffa198",
  "#7ee787",
  "#f2cc60",
  "#a5d6ff",
  "#e2c5ff",
  "#b3f0ff",
  "#f0f6fc",
];
const STYLE = "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;" +
  "fill:#c9d1d9;white-space:pre}.b{font-weight:700}.d{opacity:.65}";

/**
 * Draws a screen as one SVG file: text as text, no font, no script, nothing from elsewhere.
 *
 * @param screen Lines with their colours.
 * @returns The file, ended by a line feed.
 */
export function screenSvg({ lines, columns, title }: Screen): string {
  const parsed = lines.map(styledLine);
  const [width, height] = [Math.ceil(columns * CELL) + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const used = [...new Set(parsed.flat().flatMap(({ colour }) => colour ?? []))].toSorted((a, b) => a - b);
  const colours = used.map((colour) => `.c${colour}{fill:${COLOURS[colour] ?? "inherit"}}`).join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}${colours}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...parsed.flatMap((runs, row) => runs.length === 0 ? [] : [textElement(runs, row)]),
    "</svg>\n",
  ].join("\n");
}

/**
 * Gives back the text of a picture, a line each.
 *
 * @param svg A file of {@link screenSvg}.
 * @returns Lines; blanks between runs are one.
 */
export function svgText(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, inside = ""]) =>
    inside.replaceAll(/<tspan[^>]*>/g, " ").replaceAll("</tspan>", "")
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll(/\s+/g, " ").trim()
  );
}

function textElement(runs: readonly StyledRun[], row: number): string {
  return `<text y="${MARGIN + row * LINE + 13}">${runs.map(span).join("")}</text>`;
}

function span({ text, at, colour, bold, dim }: StyledRun): string {
  // Each run stands where the terminal had it, as wide as there: another font moves nothing.
  const trimmed = text.trim();
  const indent = text.length - text.trimStart().length;
  const classes = [colour === null ? "" : `c${colour}`, bold ? "b" : "", dim ? "d" : ""].filter((name) => name !== "");
  const look = classes.length === 0 ? "" : ` class="${classes.join(" ")}"`;
  const cells = displayWidth(trimmed);
  const place = `x="${rounded(MARGIN + (at + indent) * CELL)}" textLength="${rounded(cells * CELL)}"`;
  return `<tspan ${place}${look}>${escape(trimmed)}</tspan>`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
