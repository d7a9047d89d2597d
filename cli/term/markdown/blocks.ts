import type { Token, Tokens } from "marked";
import type { Style } from "../style.ts";
import { displayWidth } from "../width.ts";
import { inlineText } from "./inline.ts";
import { wrapWords } from "./wrap-words.ts";

/** How blocks are drawn. */
export interface BlockView {
  /** Cells in a line. */
  readonly columns: number;
  readonly style: Style;
}

/**
 * Draws one block of Markdown as lines for a terminal.
 *
 * @param token A block as the lexer gives it, its text sanitised.
 * @param view Width and colours.
 * @returns Lines; none wider than the terminal but for code, which is never broken.
 */
export function blockLines(token: Token, view: BlockView): readonly string[] {
  const block = known(token);
  switch (block?.type) {
    case "space":
    case "def":
      return [];
    case "heading":
      return wrapWords(inlineText(block.tokens, view.style), view.columns, {
        first: `${"#".repeat(block.depth)} `,
        rest: "",
      }).map((line) => view.style.bold(line));
    case "code":
      return codeLines(block.text);
    case "blockquote":
      return block.tokens.flatMap((inner) => blockLines(inner, narrower(view, 2))).map((line) => `| ${line}`);
    case "list":
      return block.items.flatMap((item, at) => itemLines(item, bulletOf(block, at), view));
    case "table":
      return tableLines(block, view);
    case "hr":
      return ["-".repeat(Math.min(40, view.columns))];
    case "paragraph":
    case "text":
      return wrapWords(inlineText(block.tokens ?? [block], view.style), view.columns);
    default:
      // HTML and whatever a later grammar adds: its source, as it is.
      return wrapWords(token.raw.replace(/\n+$/, ""), view.columns);
  }
}

type Block =
  | Tokens.Space
  | Tokens.Def
  | Tokens.Heading
  | Tokens.Code
  | Tokens.Blockquote
  | Tokens.List
  | Tokens.Table
  | Tokens.Hr
  | Tokens.Paragraph
  | Tokens.Text;

const KNOWN = new Set(["space", "def", "heading", "code", "blockquote", "list", "table", "hr", "paragraph", "text"]);

// The lexer's union has a member for extensions that fits everything; none is installed.
function known(token: Token): Block | null {
  return isKnown(token) ? token : null;
}

function isKnown(token: Token): token is Block {
  return KNOWN.has(token.type);
}

/**
 * Draws lines of code.
 *
 * @param text Code, sanitised.
 * @returns Its lines, set in by two cells.
 */
export function codeLines(text: string): readonly string[] {
  return text.split("\n").map((line) => line === "" ? "" : `  ${line}`);
}

function narrower(view: BlockView, by: number): BlockView {
  return { ...view, columns: Math.max(10, view.columns - by) };
}

function bulletOf(list: Tokens.List, at: number): string {
  return list.ordered ? `${(list.start === "" ? 1 : list.start) + at}. ` : "- ";
}

function itemLines(item: Tokens.ListItem, bullet: string, view: BlockView): readonly string[] {
  const box = item.task ? (item.checked === true ? "[x] " : "[ ] ") : "";
  const mark = bullet + box;
  const inner = item.tokens.filter(({ type }) => type !== "checkbox")
    .flatMap((token) => blockLines(token, narrower(view, mark.length)));
  const lines = inner.length === 0 ? [""] : inner;
  return lines.map((line, at) => at === 0 ? `${mark}${line}` : `${" ".repeat(bullet.length)}${line}`);
}

function tableLines(table: Tokens.Table, view: BlockView): readonly string[] {
  const rows = [table.header, ...table.rows].map((row) => row.map(({ tokens }) => inlineText(tokens, view.style)));
  const widths = table.header.map((_, at) => Math.max(...rows.map((row) => displayWidth(plain(row[at] ?? "")))));
  const wide = widths.reduce((sum, width) => sum + width + 3, 0);
  // What does not fit stands one cell a line: a table that the terminal breaks cannot be read.
  if (wide > view.columns) {
    const names = rows[0] ?? [];
    return rows.slice(1).flatMap((row) => [
      ...row.flatMap((cell, at) => wrapWords(`${plain(names[at] ?? "")}: ${cell}`, view.columns)),
      "",
    ]);
  }
  const drawn = rows.map((row) =>
    widths.map((width, at) => `${row[at] ?? ""}${" ".repeat(width - displayWidth(plain(row[at] ?? "")))}`).join(" | ")
      .trimEnd()
  );
  return [drawn[0] ?? "", widths.map((width) => "-".repeat(width)).join("-|-"), ...drawn.slice(1)];
}

/** The same text without colours, for measuring. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the sequences of our own style
  return text.replace(/\u001b\[\d+m/g, "");
}
