/**
 * Finds the known word nearest to a misspelled one, for "did you mean".
 *
 * @example
 * ```ts
 * nearest("alow", ["allow", "deny"]); // "allow"
 * ```
 * @param word What was written, untrusted.
 * @param known The words that exist.
 * @returns The nearest within a third of its length, at least 2 edits; or `null`.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  // Threat: a key of a megabyte; distance costs length x length.
  if (word.length > 64) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least && edits < candidate.length) [best, least] = [candidate, edits];
  }
  return best;
}

/** Says "did you mean" for {@link nearest}, or lists what is known. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? `known here: ${known.join(" ")}` : `did you mean "${near}"?`;
}

/** Edits (insert, remove, replace, swap of neighbours) between two words. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      }
      next.push(edits);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
