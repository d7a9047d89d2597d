/** Longer ones no system has; it also bounds the search in a prompt of a megabyte. */
const MAX_PATH = 4_096;
/** Where a path may begin: not inside a word, so that an address like `me@example.com` names no file. */
const BEFORE = String.raw`(?:^|(?<=[\s([{]))`;
const NAMED = new RegExp(`${BEFORE}@(?:"(?<quoted>[^"\\n]+)"|(?<bare>[^\\s"]\\S{0,${MAX_PATH}}))`, "g");
const UNDER_WAY = new RegExp(`${BEFORE}@(?:"(?<quoted>[^"\\n]*)|(?<bare>[^\\s"]\\S*)?)$`);
/** Punctuation of the sentence around a path; a name that ends so is written in quotes. */
const SENTENCE = /[,;:!?.)\]}'"]+$/;

/**
 * Finds the files that a prompt names: `@PATH`, or `@"PATH WITH BLANKS"`.
 *
 * @example
 * ```ts
 * atPaths('see @src/a.ts, and (@"my notes.md")'); // ["src/a.ts", "my notes.md"]
 * ```
 * @param text What was typed.
 * @returns Paths in the order they are named.
 */
export function atPaths(text: string): readonly string[] {
  return [...text.matchAll(NAMED)].flatMap(({ groups }) => {
    const path = groups?.["quoted"] ?? (groups?.["bare"] ?? "").replace(SENTENCE, "");
    // Of "@..", the dots are the path.
    return path === "" ? (groups?.["bare"] ?? "").match(/^\.{1,2}/) ?? [] : [path];
  });
}

/**
 * Finds the path that is being typed.
 *
 * @param head The text up to the cursor.
 * @returns What stands behind the `@` so far, without its quote; `null` where no path is typed.
 */
export function openAtPath(head: string): { readonly path: string; readonly start: number } | null {
  const from = Math.max(0, head.length - MAX_PATH);
  const found = UNDER_WAY.exec(head.slice(from));
  return found === null
    ? null
    : { path: found.groups?.["quoted"] ?? found.groups?.["bare"] ?? "", start: from + found.index };
}

/**
 * Writes a path so that {@link atPaths} finds it.
 *
 * @param path The path so far.
 * @param whole Whether it is complete: its quote is closed then, and a blank follows.
 * @returns The text, or `null` where no form can name it.
 */
export function writeAtPath(path: string, whole: boolean): string | null {
  if (/["\n]/.test(path) && /\s/.test(path)) return null;
  if (!/\s/.test(path) && !path.startsWith('"') && !(whole && SENTENCE.test(path))) {
    return `@${path}${whole ? " " : ""}`;
  }
  return path.includes('"') ? null : `@"${path}${whole ? '" ' : ""}`;
}
