import type { PathRoots } from "../path-glob.ts";
import { findText } from "./find-text.ts";
import { hostPattern, pathPattern, type Pattern, textPattern } from "./pattern.ts";

/** What the items of a matcher are. */
export type GlobKind = "path" | "host" | "text";

/** Compares lists of globs as the sets of texts that they match. What cannot be settled in time is answered with no. */
export interface Globs {
  /** Does every text of `inner` lie in `outer`? */
  covers(kind: GlobKind, outer: readonly string[], inner: readonly string[]): boolean;
  /** Is there surely no text in both? */
  disjoint(kind: GlobKind, a: readonly string[], b: readonly string[]): boolean;
  /** A text that matches all of `inside` and none of `outside`, or `null`. */
  sample(kind: GlobKind, inside: readonly string[], outside: readonly string[]): string | null;
}

/** Where `${…}` points to in a comparison that no machine stands behind: the project below the home, as it mostly is. */
export const USUAL_ROOTS: PathRoots = {
  project: "/home/you/project",
  home: "/home/you",
  tmp: "/tmp",
  skill_data: "/home/you/skill-data",
  fold: false,
};

/**
 * Makes a comparison with a memory: policies say the same globs over and over.
 *
 * @param roots What `${…}` stands for.
 * @returns Functions that never throw for globs that a policy may hold.
 */
export function createGlobs(roots: PathRoots): Globs {
  const patterns = new Map<string, Pattern>();
  const answers = new Map<string, boolean>();
  const anyPath = pathPattern("/**", roots);

  function patternOf(kind: GlobKind, glob: string): Pattern {
    const key = `${kind} ${glob}`;
    const known = patterns.get(key);
    if (known !== undefined) return known;
    const made = kind === "path" ? pathPattern(glob, roots) : kind === "host" ? hostPattern(glob) : textPattern(glob);
    patterns.set(key, made);
    return made;
  }

  function search(kind: GlobKind, inside: readonly string[], outside: readonly string[]): string | null | undefined {
    // `*` matches an empty name, a path never has one.
    const valid = kind === "path" ? [anyPath] : [];
    return findText({
      inside: [...inside.map((glob) => patternOf(kind, glob)), ...valid],
      outside: outside.map((glob) => patternOf(kind, glob)),
    });
  }

  function remembered(key: string, answer: () => boolean): boolean {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const found = answer();
    answers.set(key, found);
    return found;
  }

  /** Two literal beginnings that part from each other: cheap, and true of most pairs in a long policy. */
  function partAtOnce(kind: GlobKind, a: string, b: string): boolean {
    if (kind === "host") return false;
    const [first, second] = [beginning(kind, a, roots), beginning(kind, b, roots)];
    return !first.startsWith(second) && !second.startsWith(first);
  }

  return {
    covers(kind, outer, inner) {
      return inner.every((glob) => {
        if (outer.includes(glob)) return true;
        const near = outer.filter((other) => !partAtOnce(kind, glob, other));
        if (near.length === 0) return false;
        return remembered(`c ${kind} ${glob} ${near.join(" ")}`, () => search(kind, [glob], near) === null);
      });
    },
    disjoint(kind, a, b) {
      return a.every((first) =>
        b.every((second) =>
          partAtOnce(kind, first, second) ||
          (first !== second &&
            remembered(`d ${kind} ${first} ${second}`, () => search(kind, [first, second], []) === null))
        )
      );
    },
    sample(kind, inside, outside) {
      return search(kind, inside, outside) ?? null;
    },
  };
}

/** All letters before the first wildcard, with the root written out. */
function beginning(kind: GlobKind, glob: string, roots: PathRoots): string {
  const text = glob.slice(0, glob.search(/[*?]|$/));
  if (kind !== "path") return text;
  const cut = glob.startsWith("**") ? "" : text;
  // `dir/**` includes `dir`.
  const open = cut.endsWith("/") ? cut.slice(0, -1) : cut;
  return open.replace(/^\$\{([a-z_]+)\}/, (_, name: string) => {
    const known: Readonly<Record<string, string | null>> = { ...roots, fold: null };
    return known[name] ?? "\0";
  });
}
