/** A stretch of the original bytes that must not be shown. */
export interface Span {
  /** Absolute offsets in the original. */
  readonly start: number;
  readonly end: number;
  /** Index of the pattern, or {@link USER_INFO}. */
  readonly pattern: number;
}

/** The "pattern" of user-info in a URL. */
export const USER_INFO = -1;

/**
 * Merges spans that overlap; those that only touch stay apart. A merged span is named after its longest pattern.
 *
 * @param spans In any order.
 * @param lengthOf Length of a pattern, to tell which one names the whole.
 * @returns The union in order.
 */
export function mergeSpans(spans: readonly Span[], lengthOf: (pattern: number) => number): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end || a.pattern - b.pattern)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else {
      merged[merged.length - 1] = {
        start: last.start,
        end: Math.max(last.end, span.end),
        pattern: dominant(last.pattern, span.pattern, lengthOf),
      };
    }
  }
  return merged;
}

/**
 * Chooses the pattern that names a merged span: the longest, of equal ones the first known.
 *
 * @param a A pattern.
 * @param b Another.
 * @param lengthOf Length of a pattern.
 * @returns One of the two.
 */
export function dominant(a: number, b: number, lengthOf: (pattern: number) => number): number {
  const difference = lengthOf(a) - lengthOf(b);
  if (difference !== 0) return difference > 0 ? a : b;
  return Math.min(a, b);
}
