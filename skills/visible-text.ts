// Threat: text that a person reads otherwise than the parser or the model: tag characters, bidi controls, zero widths,
// private use. TAB and LF are the only controls of ordinary text.
const INVISIBLE = /[^\P{Cc}\t\n]|[\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2,}/u;
const EVERY_INVISIBLE = new RegExp(INVISIBLE, "gu");

/** An invisible character and where it stands. */
export interface InvisibleHit {
  /** E.g. `U+E0041`. */
  readonly name: string;
  /** Position in UTF-16 units. */
  readonly at: number;
}

/**
 * Finds the first character that a person cannot see: of the Unicode categories Cc (but TAB and LF), Cf, Co, Cn, Cs, Zl
 * and Zp, or more than one variation selector in a row.
 *
 * @param text Any text.
 * @returns The character, or `null`.
 */
export function findInvisible(text: string): InvisibleHit | null {
  const hit = INVISIBLE.exec(text);
  return hit === null ? null : { name: codePointName(hit[0]), at: hit.index };
}

/**
 * Removes what {@link findInvisible} finds.
 *
 * @param text Any text.
 * @returns What is left, and how many characters went.
 */
export function removeInvisible(text: string): { readonly text: string; readonly removed: number } {
  let removed = 0;
  const left = text.replaceAll(EVERY_INVISIBLE, (hit) => {
    removed += Array.from(hit).length;
    return "";
  });
  return { text: left, removed };
}

/** Writes the first character of a text as `U+200B`. */
export function codePointName(text: string): string {
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Counts the line of a position, from 1. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line++;
  return line;
}

/** Shows a piece of an untrusted text inside a message: short, on one line, everything odd written as `\u{…}`. */
export function showText(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return short.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
