/**
 * Matches a text against a glob of `*` (any run) and `?` (one character), all else literal.
 *
 * Threat: a hostile policy, package or manifest. Two pointers and one remembered `*`, so at most pattern x text steps,
 * and no regular expression.
 *
 * @example
 * ```ts
 * matchText("handle://vault/*", "handle://vault/github/token"); // true
 * ```
 * @param pattern A glob.
 * @param text The text.
 * @returns `true` when the whole text matches.
 */
export function matchText(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const want = pattern.charCodeAt(p);
    if (want === STAR) {
      star = p++;
      mark = t;
    } else if (want === QUESTION) {
      p++;
      t += isPair(text, t) ? 2 : 1;
    } else if (p < pattern.length && want === text.charCodeAt(t)) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}

/** Tells whether a text has a wildcard of {@link matchText}. */
export function hasWildcard(text: string): boolean {
  return text.includes("*") || text.includes("?");
}

/** A list of globs with its literals in a set, since most lists are plain names. */
export interface TextGlobs {
  readonly literals: ReadonlySet<string>;
  readonly globs: readonly string[];
}

/** Sorts globs into literals and patterns. */
export function compileTextGlobs(items: readonly string[]): TextGlobs {
  return { literals: new Set(items.filter((item) => !hasWildcard(item))), globs: items.filter(hasWildcard) };
}

/** Tells whether any of the globs matches. */
export function matchAnyText(list: TextGlobs, text: string): boolean {
  return list.literals.has(text) || list.globs.some((glob) => matchText(glob, text));
}

const STAR = 0x2a;
const QUESTION = 0x3f;

function isPair(text: string, at: number): boolean {
  const high = text.charCodeAt(at);
  const low = text.charCodeAt(at + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}
