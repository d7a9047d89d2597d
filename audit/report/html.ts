/** Markup that passes as it is: made by {@link html}, or a constant of ours. Never made from text of the record. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  /** The markup. */
  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template: markup, or text that is escaped. */
export type HtmlPart = Html | string | number | null | undefined | readonly HtmlPart[];

// Characters that show nothing or turn the reading direction: a reader must see that they are there.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * Builds markup; everything put into it is escaped.
 *
 * Threat: a file name, argument or reason that was written by a model or a server ends up as markup in a page that a
 * person trusts. There is no way to put raw text in: only what this function made passes unescaped.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let markup = "";
  for (const [index, text] of strings.entries()) {
    markup += text + (index < parts.length ? render(parts[index]) : "");
  }
  return new Html(markup);
}

function render(part: HtmlPart): string {
  if (part === null || part === undefined) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "string" || typeof part === "number") return escape(String(part));
  return part.map(render).join("");
}

function escape(text: string): string {
  return text.toWellFormed()
    .replace(UNSEEN, (char) => char === "\n" || char === "\t" ? " " : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
