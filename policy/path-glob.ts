import { type PathRoots, splitGlob } from "./path-syntax.ts";
import { hasWildcard, matchText } from "./text-glob.ts";

/** A compiled path glob; the kinds are the common forms that need no search. */
export type PathGlob =
  /** Nothing: its root does not exist here. */
  | { readonly kind: "never" }
  /** One path. */
  | { readonly kind: "exact"; readonly path: string }
  /** `base` and all below it; `base` is `""` for everything. */
  | { readonly kind: "tree"; readonly base: string; readonly below: string }
  /** Any path below `base` that ends in the literal `tail` and has at least `min` letters. */
  | { readonly kind: "ends"; readonly below: string; readonly tail: string; readonly min: number }
  /** Any path below `base` with the literal segment `name`, or anything below such a one. */
  | { readonly kind: "inside"; readonly below: string; readonly tail: string; readonly infix: string }
  /** Any path below `base` whose last segment matches `glob`, which starts and ends with literals. */
  | {
    readonly kind: "last";
    readonly below: string;
    readonly glob: string;
    readonly head: string;
    readonly tail: string;
  }
  | { readonly kind: "segments"; readonly below: string; readonly segments: readonly string[] };

/**
 * Compiles a path glob: `*` and `?` within a segment, `**` as a whole segment, all else literal. Dotfiles match like
 * any name, and `dir/**` includes `dir`.
 *
 * @example
 * ```ts
 * const glob = compilePathGlob("${project}/src/**", roots);
 * matchPath(glob, "/home/me/shop/src/.env"); // true
 * ```
 * @param text The glob as written.
 * @param roots What `${project} ${home} ${tmp} ${skill_data}` stand for.
 * @returns The compiled form.
 * @throws {PolicyError} `POLICY_GLOB` for any other syntax, `POLICY_REF` for another root.
 */
export function compilePathGlob(text: string, roots: PathRoots): PathGlob {
  const { prefix, segments } = splitGlob(text, roots);
  if (prefix === null) return { kind: "never" };
  return compact(prefix, roots.fold ? segments.map((segment) => segment.toLowerCase()) : segments);
}

/**
 * Tells whether a path matches.
 *
 * @param glob A compiled glob.
 * @param path An absolute path in the form of {@link foldPath}, without `.`, `..` or doubled separators.
 */
export function matchPath(glob: PathGlob, path: string): boolean {
  switch (glob.kind) {
    case "tree":
      return path.startsWith(glob.below) || path === glob.base;
    case "exact":
      return path === glob.path;
    case "ends":
      return path.endsWith(glob.tail) && path.startsWith(glob.below) && path.length >= glob.min;
    case "inside": {
      if (!path.startsWith(glob.below)) return false;
      return path.endsWith(glob.tail) || path.indexOf(glob.infix, glob.below.length - 1) >= 0;
    }
    case "last":
      return path.endsWith(glob.tail) && path.startsWith(glob.below) && matchLast(glob, path);
    case "segments":
      return path.startsWith(glob.below) && matchSegments(glob.segments, segmentsOf(path, glob.below.length));
    case "never":
      return false;
    default:
      return glob satisfies never;
  }
}

/** Tells whether any of the globs matches. */
export function matchAnyPath(globs: readonly PathGlob[], path: string): boolean {
  for (const glob of globs) if (matchPath(glob, path)) return true;
  return false;
}

function compact(root: string, segments: readonly string[]): PathGlob {
  let literal = 0;
  while (literal < segments.length && !hasWildcard(segments[literal] ?? "")) literal++;
  const base = [root, ...segments.slice(0, literal)].join("/");
  const rest = segments.slice(literal).filter((segment, i, all) => segment !== "**" || all[i - 1] !== "**");
  if (rest.length === 0) return { kind: "exact", path: base === "" ? "/" : base };
  const below = `${base}/`;
  const [first, second, third] = rest;
  if (first !== "**" || second === undefined) {
    return first === "**"
      ? { kind: "tree", base: base === "" ? "/" : base, below }
      : { kind: "segments", below, segments: rest };
  }
  if (!rest.slice(1).some(hasWildcard)) return endsWith(below, `/${rest.slice(1).join("/")}`);
  if (rest.length === 2 && second.startsWith("*") && !hasWildcard(second.slice(1))) {
    return endsWith(below, second.slice(1));
  }
  if (rest.length === 2) {
    return {
      kind: "last",
      below,
      glob: second,
      head: second.replace(/[*?].*$/, ""),
      tail: second.replace(/^.*[*?]/, ""),
    };
  }
  if (rest.length === 3 && third === "**" && !hasWildcard(second)) {
    return { kind: "inside", below, tail: `/${second}`, infix: `/${second}/` };
  }
  return { kind: "segments", below, segments: rest };
}

function matchLast({ glob, head }: { readonly glob: string; readonly head: string }, path: string): boolean {
  const from = path.lastIndexOf("/") + 1;
  return path.startsWith(head, from) && matchText(glob, path.slice(from));
}

// The length keeps the two literals from overlapping, all but the slash that they share: with `/a/b/` before and `/b/c`
// after a `**`, the path `/a/b/c` is too short.
function endsWith(below: string, tail: string): PathGlob {
  return { kind: "ends", below, tail, min: below.length + tail.length - (tail.startsWith("/") ? 1 : 0) };
}

function segmentsOf(path: string, from: number): readonly string[] {
  return from >= path.length ? [] : path.slice(from).split("/");
}

/** The same two pointers as in a text, one level up: `**` is the star, segments are the characters. */
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < path.length) {
    const want = pattern[p];
    if (want === "**") {
      star = p++;
      mark = t;
    } else if (want !== undefined && matchText(want, path[t] ?? "")) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === "**") p++;
  return p === pattern.length;
}
