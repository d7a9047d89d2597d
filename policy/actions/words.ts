/** Characters that a shell reads as themselves wherever they stand in a word. */
const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * Quotes a word so that a shell reads exactly it.
 *
 * @param word Any text without NUL.
 * @returns The word in single quotes.
 */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Writes a word for people: quoted only where a shell would read it as something else.
 *
 * @param word Any text.
 * @returns Text that a shell reads as the same word.
 */
export function showWord(word: string): string {
  return SAFE.test(word) ? word : quoteWord(word);
}

/**
 * Writes the words of a command for people.
 *
 * @param words The argv.
 * @returns One line.
 */
export function showWords(words: readonly string[]): string {
  return words.map(showWord).join(" ");
}

/**
 * The last name of a program's path.
 *
 * @param word Word 0 of a command.
 * @returns `rm` for `/usr/bin/rm`.
 */
export function programName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

/** Tells whether a word looks like an option; a lone `-` is an operand. */
export function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}
