/**
 * Writes a word for a POSIX shell.
 *
 * Threat: a word that the shell reads as anything but itself. Between single quotes only their own end means something.
 *
 * @param word Any text without NUL.
 * @returns The word in single quotes.
 */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
