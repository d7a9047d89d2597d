import { lexer, type Token } from "marked";
import { sanitize } from "../sanitize.ts";
import { blockLines, type BlockView, codeLines } from "./blocks.ts";

/** Markdown on its way from a model: finished blocks come out once, in order. */
export interface MarkdownStream {
  /** Takes more source, untrusted. Cheap: nothing is looked at yet. */
  push(text: string): void;
  /** Gives the lines that are final now, each ended by a line feed; empty when there are none. */
  take(): string;
  /** The unfinished block, as lines. */
  tail(): readonly string[];
  /** Ends the text: gives all that is left. */
  end(): string;
}

/** Source beyond which an unfinished block is printed as far as it goes. */
const MAX_TAIL = 8_192;
/** Of a long unfinished block, what is drawn while it grows. */
const SHOWN_TAIL = 512;
const FENCE = /^ {0,3}(`{3,}|~{3,})[^\n]*\n/;

/**
 * Creates a stream. A block is final when another one follows it, an item of a list when another item does; code comes
 * line by line.
 *
 * @param view Gives width and colours when a block is drawn.
 * @returns The stream, empty.
 */
export function createMarkdownStream(view: () => BlockView): MarkdownStream {
  let source = "";
  /** The mark that ends the open code block. */
  let fence: string | null = null;
  /** Does a blank line set what comes apart from what was printed? */
  let apart = false;
  let began = false;
  /** The unfinished source that was looked at last and gave nothing: until another line ends, it gives nothing again. */
  let looked = "";
  let drawn: { readonly source: string; readonly columns: number; readonly lines: readonly string[] } | null = null;

  function out(lines: readonly string[]): string {
    if (lines.length === 0) return "";
    const gap = began && apart ? "\n" : "";
    began = true;
    apart = true;
    return `${gap}${lines.join("\n")}\n`;
  }
  function takeCode(last: boolean): string {
    let printed = "";
    while (fence !== null) {
      const end = source.indexOf("\n");
      if (end < 0 && !(last && source !== "")) break;
      const line = end < 0 ? source : source.slice(0, end);
      source = end < 0 ? "" : source.slice(end + 1);
      if (closes(line, fence)) {
        fence = null;
        apart = true;
      } else printed += `${codeLines(line).join("\n")}\n`;
    }
    return printed;
  }
  function openFence(): string | null {
    const opened = FENCE.exec(source);
    if (opened === null) return null;
    source = source.slice(opened[0].length);
    fence = opened[1] ?? "```";
    const gap = began && apart ? "\n" : "";
    began = true;
    return gap;
  }
  function takeBlocks(last: boolean): string {
    // A line that has not ended may still turn out to belong to the block above it.
    const whole = last ? source : source.slice(0, source.lastIndexOf("\n") + 1);
    if (!last && whole === looked) return "";
    looked = "";
    const tokens = lexer(whole);
    let printed = "";
    for (const [at, token] of tokens.entries()) {
      const open = at === tokens.length - 1 && !last;
      // What follows a fence is code even when the lexer saw its end in the distance.
      if (token.type === "code" && FENCE.test(source)) return printed;
      if (!open) {
        printed += token.type === "space" ? "" : out(blockLines(token, view()));
        source = source.slice(token.raw.length);
      } else {
        const items = finishedItems(token);
        if (items !== null) {
          printed += out(blockLines(items.list, view()));
          // The next item belongs to the same list.
          apart = false;
          source = source.slice(items.raw.length);
        }
      }
    }
    if (printed === "") looked = whole;
    return printed;
  }
  /** A block that never ends must not grow for ever: what there is of it is printed as text. */
  function takeLong(): string {
    if (source.length <= MAX_TAIL || fence !== null) return "";
    const cut = Math.max(source.lastIndexOf("\n"), source.lastIndexOf(" "), source.length - MAX_TAIL) + 1;
    const text = source.slice(0, cut);
    source = source.slice(cut);
    const printed = out(lexer(text).flatMap((token) => blockLines(token, view())));
    apart = false;
    return printed;
  }
  function take(last: boolean): string {
    let printed = "";
    for (;;) {
      if (fence !== null) printed += takeCode(last);
      if (fence !== null || source === "") break;
      const opened = openFence();
      if (opened !== null) {
        printed += opened;
        continue;
      }
      printed += takeBlocks(last);
      if (!FENCE.test(source)) break;
    }
    return printed + takeLong();
  }
  return {
    push(text): void {
      source += sanitize(text);
    },
    take: () => take(false),
    tail(): readonly string[] {
      if (source === "") return [];
      if (fence !== null) return codeLines(source);
      const shown = source.slice(-SHOWN_TAIL);
      const { columns } = view();
      if (drawn?.source !== shown || drawn.columns !== columns) {
        drawn = { source: shown, columns, lines: lexer(shown).flatMap((token) => blockLines(token, view())) };
      }
      return drawn.lines;
    },
    end(): string {
      const printed = take(true);
      [source, fence, apart, began, looked] = ["", null, false, false, ""];
      return printed;
    },
  };
}

function closes(line: string, fence: string): boolean {
  const mark = line.trim();
  return mark.length >= fence.length && mark === (fence[0] ?? "`").repeat(mark.length) && /^ {0,3}\S/.test(line);
}

/** All items of a list but the last, or `null` when there is at most one. */
function finishedItems(token: Token): { readonly list: Token; readonly raw: string } | null {
  if (token.type !== "list" || !("items" in token) || !Array.isArray(token.items) || token.items.length < 2) {
    return null;
  }
  const items = token.items.slice(0, -1);
  const raw = items.map((item: { readonly raw: string }) => item.raw).join("");
  // An item that the lexer rewrote cannot be cut off the source.
  if (!token.raw.startsWith(raw)) return null;
  return { list: { ...token, items, raw }, raw };
}
