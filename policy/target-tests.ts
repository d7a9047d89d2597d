import { cidrContains, parseCidr } from "./actions/addresses.ts";
import type { Facts } from "./facts.ts";
import { compileHostGlob, matchHost } from "./host-glob.ts";
import type { Matchers } from "./matchers.ts";
import { compilePathGlob, matchAnyPath, matchPath, type PathGlob } from "./path-glob.ts";
import { foldPath, type PathRoots } from "./path-syntax.ts";
import type { Holds, MatchMode, TestOptions } from "./rule-test.ts";
import { compileWords, hasOption, matchWords, optionsListed } from "./word-pattern.ts";

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

/** Compiles `ports`. */
export function testPorts(ports: readonly number[]): Holds {
  const set: ReadonlySet<number | null> = new Set(ports);
  return ({ target }) =>
    (target.kind === "network" || target.kind === "model" || target.kind === "secret") && set.has(target.port);
}

/** Compiles `methods`. */
export function testMethods(methods: readonly string[]): Holds {
  const set = new Set(methods);
  return ({ target }) => target.kind === "network" && set.has(target.method);
}

/** Compiles `hosts`. */
export function testHosts(hosts: readonly string[]): Holds {
  const globs = hosts.map(compileHostGlob);
  return ({ target, bareAddress }) => {
    if (target.kind !== "network" && target.kind !== "model" && target.kind !== "secret") return false;
    const { host } = target;
    // Threat: `10.0.0.1` read as a name under `*.0.0.1`. Addresses are matched by `cidr` only.
    if (host === null || bareAddress) return false;
    for (const glob of globs) if (matchHost(glob, host)) return true;
    return false;
  };
}

/** Compiles `cidr`. Before a name is resolved only a rule that names it as well may grant; then every address must lie inside. */
export function testCidr(matchers: Matchers, mode: MatchMode): Holds {
  const blocks = (matchers.cidr ?? []).flatMap((text) => parseCidr(text) ?? []);
  const named = matchers.hosts !== undefined;
  return ({ addresses }) => {
    if (addresses === null || addresses.length === 0) return (mode === "grant" || mode === "ask") && named;
    const any = mode === "deny" || mode === "tighten";
    return any
      ? addresses.some((one) => blocks.some((block) => cidrContains(block, one)))
      : addresses.every((one) => blocks.some((block) => cidrContains(block, one)));
  };
}

/** Compiles `argv`; in a grant together with the `options` that may stand among the words. */
export function testArgv({ argv = [], options = [] }: Matchers, mode: MatchMode): Holds {
  const patterns = argv.map(compileWords);
  const strict = mode === "grant" || mode === "except";
  // In a grant an option nobody listed is a way out: `git log --output=FILE` writes.
  const words = { pathForms: mode === "deny" || mode === "tighten", options: strict ? options : null };
  return ({ target }) => {
    if (target.kind !== "command" || target.argv === null) return false;
    for (const pattern of patterns) if (matchWords(pattern, target.argv, words)) return true;
    return false;
  };
}

/** Compiles `options`; `null` where {@link testArgv} looks at them already. */
export function testOptions({ argv, options = [] }: Matchers, mode: MatchMode): Holds | null {
  const strict = mode === "grant" || mode === "except";
  if (strict && argv !== undefined) return null;
  return ({ target }) => {
    if (target.kind !== "command" || target.argv === null) return false;
    return strict ? optionsListed(options, target.argv, 1) : hasOption(options, target.argv);
  };
}
