import type { Facts } from "./facts.ts";
import { compilePathGlob, matchAnyPath, matchPath, type PathGlob } from "./path-glob.ts";
import { foldPath, type PathRoots } from "./path-roots.ts";
import type { Holds, TestOptions } from "./rule-test.ts";

/** The start of a glob below the private folder of the acting skill. */
export const SKILL_DATA = "${skill_data}";

/** Compiles `paths`. */
export function testPaths(paths: readonly string[], options: TestOptions): Holds {
  const own = paths.filter((path) => path.startsWith(SKILL_DATA));
  if (own.length === 0) return testPlainPaths(paths, options);
  const plain = testPlainPaths(paths.filter((path) => !path.startsWith(SKILL_DATA)), options);
  // The folder of `${skill_data}` is another one for each actor: compared below an imaginary root.
  const globs = own.map((path) => compilePathGlob(path, { ...options.roots, skill_data: "/skill-data" }));
  return (facts) => plain(facts) || globs.some((glob) => matchSkillData(glob, facts));
}

function matchSkillData(glob: PathGlob, { skill, real }: Facts): boolean {
  const root = skill?.roots["scratch"];
  if (root === undefined || !real.startsWith(root)) return false;
  const rest = real.slice(root.length);
  return (rest === "" || rest.startsWith("/")) && matchPath(glob, `/skill-data${rest}`);
}

function testPlainPaths(paths: readonly string[], { mode, roots }: TestOptions): Holds {
  const globs = paths.map((path) => compilePathGlob(path, roots));
  switch (mode) {
    case "deny":
      // Threat: a link inside the project to a key outside, or the other way round: either spelling is enough.
      return (facts) =>
        matchAnyPath(globs, facts.real) || (facts.lexical !== facts.real && matchAnyPath(globs, facts.lexical));
    case "except":
      return (facts) =>
        matchAnyPath(globs, facts.real) && (facts.lexical === facts.real || matchAnyPath(globs, facts.lexical));
    case "grant":
    case "ask":
    case "tighten":
      return (facts) => matchAnyPath(globs, facts.real);
    default:
      return mode satisfies never;
  }
}

/** Compiles `cwd`: the working folder of a command. */
export function testCwd(cwd: readonly string[], roots: PathRoots): Holds {
  const globs = cwd.map((path) => compilePathGlob(path, roots));
  return ({ target }) => target.kind === "command" && matchAnyPath(globs, foldPath(target.cwd, roots.fold));
}

/** Compiles `commands`: the program that a secret value goes to. */
export function testCommands(commands: readonly string[], roots: PathRoots): Holds {
  const globs: readonly PathGlob[] = commands.map((path) => compilePathGlob(path, roots));
  return ({ target }) =>
    target.kind === "secret" && target.program !== null && matchAnyPath(globs, foldPath(target.program, roots.fold));
}
