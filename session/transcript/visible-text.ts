// Controls but tab and line feed, formats, private and lone code points, separators, fillers, variation selectors. A joiner
// or selector inside an emoji is part of what is seen.
const HIDDEN = new RegExp(
  [
    "(?![\\t\\n])\\p{Cc}",
    "(?<!\\p{Extended_Pictographic}\\ufe0f?)\\u200d",
    "(?!\\u200d)\\p{Cf}",
    "\\p{Co}|\\p{Cs}|\\p{Zl}|\\p{Zp}",
    "[\\u115f\\u1160\\u3164\\uffa0]",
    "(?<!\\p{Emoji})\\ufe0f",
    "(?!\\ufe0f)\\p{Variation_Selector}",
  ].join("|"),
  "gu",
);

/**
 * Makes what a reader would not see visible, so that a page shows what it holds.
 *
 * Threat: text that reads one way and says another (direction marks), or says something unseen (invisible letters).
 *
 * @param text Untrusted text.
 * @returns The same with `\u{…}` for hidden characters; line ends are line feeds.
 */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(
    HIDDEN,
    (letter) => `\\u{${letter.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}
