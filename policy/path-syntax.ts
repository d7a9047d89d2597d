import { PolicyError } from "./errors.ts";

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

/** Brings one root to the form of {@link foldRoots}. */
export function foldRoot(root: string | null, fold: boolean): string | null {
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
const ROOT = /^\$\{([a-z_]+)\}(?=\/|$)/;
const REFUSED = /[{}[\]()!|\\]/;

/**
 * Checks a glob's form without knowing the roots.
 *
 * @param text The glob as written.
 * @throws {PolicyError} As {@link splitGlob}.
 */
export function checkPathGlob(text: string): void {
  splitGlob(text, { project: "/p", home: "/h", tmp: "/t", skill_data: "/s", fold: false });
}

/** A glob cut at its slashes. */
export interface SplitGlob {
  /** What its root stands for, `""` for none; `null` where the root does not exist here. */
  readonly prefix: string | null;
  /** What follows; none of them is empty, `.` or `..`. */
  readonly segments: readonly string[];
}

/**
 * Cuts a glob into its root and its segments.
 *
 * @param text The glob as written.
 * @param roots What `${project} ${home} ${tmp} ${skill_data}` stand for.
 * @returns Both parts; the segments are not folded.
 * @throws {PolicyError} `POLICY_GLOB` for another syntax, `POLICY_REF` for another root.
 */
export function splitGlob(text: string, roots: PathRoots): SplitGlob {
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

function unknownRoot(text: string): PolicyError {
  return new PolicyError("POLICY_REF", `Cannot read path glob "${text}": unknown root`, {
    hint: "roots are ${project} ${home} ${tmp} ${skill_data}",
  });
}

function refused(text: string, seen: string, hint: string): PolicyError {
  return new PolicyError("POLICY_GLOB", `Cannot read path glob "${text}": ${seen}`, { hint });
}
