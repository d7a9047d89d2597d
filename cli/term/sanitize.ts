/** The most blanks in a row that a prompt shows as they are. */
export const MAX_BLANKS = 8;

// Threat: text from a model, file or server that moves the cursor, hides or reverses what a person reads, or looks
// empty. Everything with an effect but no ink: C0, DEL, C1 (some terminals take U+009B as an escape), all format
// characters (bidi, zero width, tags), everything that fonts may leave out (variation selectors, fillers, joiners), the
// empty Braille cell, lone surrogates, line and paragraph separators, private use and unassigned code points, blanks
// other than U+0020.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]|(?! )\p{Zs}/gu;
const BLANKS = / {9,}/g;

function reveal(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

/**
 * Makes a text of several lines safe to print: control bytes, escape sequences, bidi and invisible characters become
 * visible as `\u{…}`. Line feeds and tabs stay, a carriage return before a line feed goes.
 *
 * @example
 * ```ts
 * sanitize("a\u001b[2Jb"); // "a\\u{1b}[2Jb"
 * ```
 * @param text Any text, untrusted.
 * @returns Text without characters that a terminal acts on, other than `\n` and `\t`.
 */
export function sanitize(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNSEEN, (char) => char === "\n" || char === "\t" ? char : reveal(char));
}

/**
 * Makes a text safe to print inside one line of a question or table: as {@link sanitize}, line feeds and tabs become
 * visible too, and more than eight blanks in a row become `[60 spaces]`.
 *
 * @param text Any text, untrusted.
 * @returns One line.
 */
export function sanitizeLine(text: string): string {
  // Threat: blanks that push the end of a command out of view.
  return text.replace(UNSEEN, (char) => char === "\n" ? "\\n" : char === "\t" ? "\\t" : reveal(char))
    .replace(BLANKS, (run) => `[${run.length} spaces]`);
}

/**
 * Makes JSON text safe to print without changing what it means: the characters that {@link sanitize} makes visible
 * become `\uXXXX` escapes. Line feeds stay.
 *
 * @param json Output of `JSON.stringify`.
 * @returns Equal JSON.
 */
export function sanitizeJson(json: string): string {
  return json.replace(UNSEEN, (char) => char === "\n" ? char : escapeUnits(char));
}

function escapeUnits(char: string): string {
  return Array.from(
    { length: char.length },
    (_, index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}
