import { compileHostGlob, matchHost } from "../host-glob.ts";
import { compilePathGlob, matchPath } from "../path-glob.ts";
import type { PathRoots } from "../path-syntax.ts";
import { matchText } from "../text-glob.ts";
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
  const examples: Readonly<Record<GlobKind, Map<string, string | null>>> = {
    path: new Map(),
    host: new Map(),
    text: new Map(),
  };
  const beginnings: Readonly<Record<GlobKind, Map<string, string>>> = {
    path: new Map(),
    host: new Map(),
    text: new Map(),
  };
  const matchers: Readonly<Record<GlobKind, Map<string, Matches>>> = {
    path: new Map(),
    host: new Map(),
    text: new Map(),
  };
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

  function beginningOf(kind: GlobKind, glob: string): string {
    const known = beginnings[kind].get(glob);
    if (known !== undefined) return known;
    const made = beginning(kind, glob, roots);
    beginnings[kind].set(glob, made);
    return made;
  }

  function matcherOf(kind: GlobKind, glob: string): Matches {
    const known = matchers[kind].get(glob);
    if (known !== undefined) return known;
    const made = matcherFor(kind, glob, roots);
    matchers[kind].set(glob, made);
    return made;
  }

  /** One text of a glob, always the same: if nothing covers even that, no search is needed. */
  function exampleOf(kind: GlobKind, glob: string): string | null {
    const known = examples[kind].get(glob);
    if (known !== undefined) return known;
    const found = search(kind, [glob], []) ?? null;
    examples[kind].set(glob, found);
    return found;
  }

  /** Two literal beginnings that part from each other: cheap, and true of most pairs in a long policy. */
  function partAtOnce(kind: GlobKind, a: string, b: string): boolean {
    if (kind === "host") return false;
    const [first, second] = [beginningOf(kind, a), beginningOf(kind, b)];
    return !first.startsWith(second) && !second.startsWith(first);
  }

  return {
    covers(kind, outer, inner) {
      return inner.every((glob) => {
        if (outer.includes(glob)) return true;
        const example = exampleOf(kind, glob);
        if (example !== null && !outer.some((other) => matcherOf(kind, other)(example))) return false;
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

type Matches = (text: string) => boolean;

/** The engine's own matcher: much quicker than a search. */
function matcherFor(kind: GlobKind, glob: string, roots: PathRoots): Matches {
  switch (kind) {
    case "path": {
      const compiled = compilePathGlob(glob, roots);
      return (text) => matchPath(compiled, text === "" ? "/" : text);
    }
    case "host": {
      const compiled = compileHostGlob(glob);
      return (text) => matchHost(compiled, text);
    }
    case "text":
      return (text) => matchText(glob, text);
    default:
      return kind satisfies never;
  }
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
