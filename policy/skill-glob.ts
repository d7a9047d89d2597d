/**
 * Matches a path against a glob of a skill's permission: `*` within a segment, `**` across segments also inside a name,
 * and a name with a leading dot only by a literal dot. `dir/**` includes `dir`. At most glob x path steps.
 *
 * @example
 * ```ts
 * matchSkillGlob("data/**.csv", "data/2024/q1.csv"); // true
 * matchSkillGlob("**", ".env"); // false
 * ```
 * @param glob The part of an atom behind `ROOT:`, or the path of a URL without its first slash.
 * @param path A relative path without `.` or `..`.
 * @returns `true` when the whole path matches.
 */
export function matchSkillGlob(glob: string, path: string): boolean {
  if (glob.endsWith("/**") && matchAcross(glob.slice(0, -3), path)) return true;
  return matchAcross(glob, path);
}

const STAR = 0x2a;
const SLASH = 0x2f;
const DOT = 0x2e;

/** Walks all places in the glob that the path may have reached at once, so that no input makes it go back. */
function matchAcross(glob: string, path: string): boolean {
  const tokens = tokenize(glob);
  // reachable[i]: the first i tokens match the path up to here.
  let reachable = new Set<number>(closure(tokens, [0]));
  for (let at = 0; at < path.length; at++) {
    const letter = path.charCodeAt(at);
    const hidden = letter === DOT && (at === 0 || path.charCodeAt(at - 1) === SLASH);
    const next: number[] = [];
    for (const i of reachable) {
      const token = tokens[i];
      if (token === undefined) continue;
      if (token === "**") {
        if (!hidden) next.push(i);
      } else if (token === "*") {
        if (!hidden && letter !== SLASH) next.push(i);
      } else if (token.charCodeAt(0) === letter && !(hidden && !startsName(tokens, i))) next.push(i + 1);
    }
    if (next.length === 0) return false;
    reachable = closure(tokens, next);
  }
  return reachable.has(tokens.length);
}

/** Tells whether the token stands where a name starts: only there does its dot say that a hidden name is meant. */
function startsName(tokens: readonly string[], i: number): boolean {
  return i === 0 || tokens[i - 1] === "/";
}

function closure(tokens: readonly string[], starts: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (const start of starts) {
    let i = start;
    for (;;) {
      all.add(i);
      const token = tokens[i];
      if (token !== "**" && token !== "*") break;
      i++;
    }
  }
  return all;
}

function tokenize(glob: string): readonly string[] {
  const tokens: string[] = [];
  for (let at = 0; at < glob.length; at++) {
    if (glob.charCodeAt(at) !== STAR) tokens.push(glob.charAt(at));
    else if (glob.charCodeAt(at + 1) === STAR) {
      tokens.push("**");
      at++;
    } else tokens.push("*");
  }
  return tokens;
}
