import { PolicyError } from "./errors.ts";
import { foldRoot, type PathRoots } from "./path-roots.ts";

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
