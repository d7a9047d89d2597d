/**
 * Writes a title as the end of a sentence that starts with `Cannot`.
 *
 * @param title e.g. `Read README.md`.
 * @returns e.g. `read README.md`.
 */
export function lowerFirst(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
