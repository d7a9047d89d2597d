import { PolicyError } from "./errors.ts";
import { hasWildcard, matchText } from "./text-glob.ts";

/** Real folders that `${…}` in a path glob stands for; `null` where there is none, then the glob matches nothing. */
export interface PathRoots {
  /** Real root of the project, for `${project}`. */
  readonly project: string | null;
  /** The user's home folder, for `${home}`. */
  readonly home: string | null;
  /** The folder for temporary files, for `${tmp}`. */
  readonly tmp: string | null;
  /** The data folder of the acting skill, for `${skill_data}`. */
  readonly skill_data: string | null;
  /** `true` on file systems that take upper and lower case for the same. */
  readonly fold: boolean;
}

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

const ROOT = /^\$\{([a-z_]+)\}(?=\/|$)/;
const REFUSED = /[{}[\]()!|\\]/;

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

/** Brings all roots to the form of {@link foldPath}, without a separator at the end. */
export function foldRoots(roots: PathRoots): PathRoots {
  return {
    project: foldRoot(roots.project, roots.fold),
    home: foldRoot(roots.home, roots.fold),
    tmp: foldRoot(roots.tmp, roots.fold),
    skill_data: foldRoot(roots.skill_data, roots.fold),
    fold: roots.fold,
  };
}

function foldRoot(root: string | null, fold: boolean): string | null {
  return root === null ? null : foldPath(root, fold).replace(/\/+$/, "");
}

/** Brings a path or glob to the form that is compared: NFC, and lower case where the file system folds it. */
export function foldPath(path: string, fold: boolean): string {
  if (!fold && path.charCodeAt(0) === SLASH && isAscii(path)) return path;
  const composed = path.normalize("NFC");
  const slashed = composed.charCodeAt(0) === SLASH ? composed : composed.replace(DRIVE, "/$1/").replaceAll("\\", "/");
  return fold ? slashed.toLowerCase() : slashed;
}

/** A loop, since a test of every path by an expression is most of what a decision costs. */
function isAscii(path: string): boolean {
  for (let at = 0; at < path.length; at++) if (path.charCodeAt(at) > 0x7e) return false;
  return true;
}

const SLASH = 0x2f;
const DRIVE = /^([A-Za-z]:)[\\/]/;

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

/** Checks a glob's form without knowing the roots. @throws {PolicyError} as {@link compilePathGlob}. */
export function checkPathGlob(text: string): void {
  splitGlob(text, { project: "/p", home: "/h", tmp: "/t", skill_data: "/s", fold: false });
}

function splitGlob(text: string, roots: PathRoots): { prefix: string | null; segments: readonly string[] } {
  const root = ROOT.exec(text);
  const rest = root === null ? text : text.slice(root[0].length);
  if (root === null && text.startsWith("$")) throw unknownRoot(text);
  if (root === null && !rest.startsWith("/") && rest !== "**" && !rest.startsWith("**/")) {
    throw refused(text, "it is relative", 'start it with "/", "**/" or "${project}/"');
  }
  if (rest.includes("${")) throw refused(text, '"${" stands inside', "only the start of a glob may be a root");
  if (REFUSED.test(rest)) {
    throw refused(text, "it has a character of another glob syntax", 'write "?" for a literal one');
  }
  const segments = (rest.startsWith("/") ? rest.slice(1) : rest).split("/");
  if (rest === "" || rest === "/") return { prefix: rootOf(root?.[1], roots, text), segments: [] };
  for (const segment of segments) checkSegment(text, segment);
  return { prefix: rootOf(root?.[1], roots, text), segments };
}

function rootOf(name: string | undefined, roots: PathRoots, text: string): string | null {
  switch (name) {
    case undefined:
      return "";
    case "project":
    case "home":
    case "tmp":
    case "skill_data":
      return foldRoot(roots[name], roots.fold);
    default:
      throw unknownRoot(text);
  }
}

function checkSegment(text: string, segment: string): void {
  if (segment === "") throw refused(text, "it has an empty segment", 'end a folder with "/**"');
  if (segment === "." || segment === "..") {
    throw refused(text, `it has the segment "${segment}"`, "write the path itself");
  }
  if (segment !== "**" && segment.includes("**")) {
    throw refused(text, '"**" is not a whole segment', 'write "*" for a part of a name');
  }
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

function unknownRoot(text: string): PolicyError {
  return new PolicyError("POLICY_REF", `Cannot read path glob "${text}": unknown root`, {
    hint: "roots are ${project} ${home} ${tmp} ${skill_data}",
  });
}

function refused(text: string, seen: string, hint: string): PolicyError {
  return new PolicyError("POLICY_GLOB", `Cannot read path glob "${text}": ${seen}`, { hint });
}
