import { nearestName } from "../core/mod.ts";

/**
 * Says what a misspelled word was probably meant to be, or lists what is known.
 *
 * @example
 * ```ts
 * didYouMean("alow", ["allow", "deny"]); // did you mean "allow"?
 * ```
 * @param word What was written, untrusted.
 * @param known The words that exist.
 * @returns A hint.
 */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearestName(word.slice(0, 64), known);
  return near === null ? `known here: ${known.join(" ")}` : `did you mean "${near}"?`;
}
