import type { Token, Tokens } from "marked";
import type { Style } from "../style.ts";

/**
 * Draws text inside a block: marks become colours or plain signs, addresses are written out, nothing is fetched.
 *
 * @param tokens Inline tokens, their text sanitised.
 * @param style Colours.
 * @returns Text, with line feeds where the source breaks lines.
 */
export function inlineText(tokens: readonly Token[], style: Style): string {
  return tokens.map((token) => inlineToken(token, style)).join("");
}

function inlineToken(token: Token, style: Style): string {
  if (isKnown(token)) {
    switch (token.type) {
      case "strong":
        return eachWord(inlineText(token.tokens, style), (word) => style.bold(word));
      case "em":
        return `*${inlineText(token.tokens, style)}*`;
      case "del":
        return `~~${inlineText(token.tokens, style)}~~`;
      case "codespan":
        return eachWord(`\`${token.text}\``, (word) => style.yellow(word));
      case "link":
        return linkText(inlineText(token.tokens, style), token.href);
      case "image":
        return `[image: ${token.text}]`;
      case "br":
        return "\n";
      case "escape":
        return token.text;
      case "text":
        return "tokens" in token && token.tokens !== undefined ? inlineText(token.tokens, style) : token.text;
      default:
        return token satisfies never;
    }
  }
  return token.raw;
}

type Inline =
  | Tokens.Strong
  | Tokens.Em
  | Tokens.Del
  | Tokens.Codespan
  | Tokens.Link
  | Tokens.Image
  | Tokens.Br
  | Tokens.Escape
  | Tokens.Text;

const KNOWN = new Set(["strong", "em", "del", "codespan", "link", "image", "br", "escape", "text"]);

function isKnown(token: Token): token is Inline {
  return KNOWN.has(token.type);
}

/** Threat: a link that says one place and leads to another. The address is always written out. */
function linkText(text: string, href: string): string {
  const address = withAsciiHost(href);
  return text === address || `mailto:${text}` === address ? text : `${text} (${address})`;
}

// Threat: a name of foreign letters that looks like one a person trusts. What is looked up is shown.
function withAsciiHost(href: string): string {
  const [, scheme = "", authority = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)(.*)$/is.exec(href) ?? [];
  if (!/[^\u0020-\u007e]/.test(authority)) return href;
  const user = authority.slice(0, authority.lastIndexOf("@") + 1);
  return URL.canParse(href) ? `${scheme}${user}${new URL(href).host}${rest}` : href;
}

/** Every word has its own colour, so that a line broken between them is whole. */
function eachWord(text: string, colour: (text: string) => string): string {
  return text.split(/([ \n]+)/).map((part, at) => at % 2 === 0 ? colour(part) : part).join("");
}
