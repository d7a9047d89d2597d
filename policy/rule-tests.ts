import { cidrContains, parseCidr } from "./actions/addresses.ts";
import type { Matchers, SkillMatcher } from "./document.ts";
import type { Facts } from "./facts.ts";
import { compileHostGlob, matchHost } from "./host-glob.ts";
import { compilePathGlob, foldPath, matchAnyPath, matchPath, type PathGlob, type PathRoots } from "./path-glob.ts";
import { compileTextGlobs, matchAnyText } from "./text-glob.ts";
import { compileWords, hasOption, matchWords, optionsListed } from "./word-pattern.ts";
import { TAINTED, tierMask, UNTAINTED } from "./words-masks.ts";

/**
 * How a rule reads what is not certain, always to the side of the stricter answer. `grant` needs every doubtful fact
 * to fit; `deny` takes any; `except` wants certainty in all spellings; `ask` is a `grant` that need not list options,
 * since a person sees them; `tighten` is the second look of an ask: what it matches only so it restricts but does not
 * grant.
 */
export type MatchMode = "grant" | "ask" | "deny" | "except" | "tighten";

/** One matcher, compiled. */
export interface RuleTest {
  readonly name: keyof Matchers;
  readonly holds: (facts: Facts) => boolean;
}

/** How matchers are compiled. */
export interface TestOptions {
  readonly mode: MatchMode;
  readonly roots: PathRoots;
}

/**
 * Compiles matchers to tests, cheap ones first. `classification` is not among them: classes are compared as bits.
 *
 * @param matchers Matchers of a rule or of its `except`.
 * @param options How to read doubt, and what `${…}` stands for.
 * @returns One test a matcher; all must hold.
 */
export function compileTests(matchers: Matchers, options: TestOptions): readonly RuleTest[] {
  return ORDER.flatMap((name) => {
    const holds = matchers[name] === undefined ? null : compileTest(name, matchers, options);
    return holds === null ? [] : [{ name, holds }];
  });
}

const ORDER: readonly (keyof Matchers)[] = [
  "tainted",
  "tier",
  "staged",
  "remote",
  "ports",
  "methods",
  "hosts",
  "secrets",
  "inject",
  "providers",
  "models",
  "imports",
  "packages",
  "paths",
  "cwd",
  "commands",
  "cidr",
  "skill",
  "argv",
  "options",
];

type Holds = RuleTest["holds"];

function compileTest(name: keyof Matchers, matchers: Matchers, options: TestOptions): Holds | null {
  switch (name) {
    case "tainted":
      return testTainted(matchers.tainted ?? "any");
    case "tier": {
      const mask = tierMask(matchers.tier ?? []);
      return (facts) => (facts.tier & mask) !== 0;
    }
    case "staged":
      return (facts) => facts.target.kind === "path" && facts.target.staged;
    case "remote":
      return (facts) => facts.target.kind === "model" && facts.target.remote === matchers.remote;
    case "ports":
      return testPorts(matchers.ports ?? []);
    case "methods":
      return testMethods(matchers.methods ?? []);
    case "hosts":
      return testHosts(matchers.hosts ?? []);
    case "cidr":
      return testCidr(matchers, options.mode);
    case "paths":
      return testPaths(matchers.paths ?? [], options);
    case "cwd":
      return testCwd(matchers.cwd ?? [], options.roots);
    case "commands":
      return testCommands(matchers.commands ?? [], options.roots);
    case "skill":
      return testSkill(matchers.skill ?? {});
    case "argv":
      return testArgv(matchers, options.mode);
    case "options":
      return testOptions(matchers, options.mode);
    case "secrets":
    case "inject":
    case "providers":
    case "models":
    case "imports":
    case "packages":
      return testText(name, matchers[name] ?? []);
    case "classification":
      return null;
    default:
      return name satisfies never;
  }
}

function testTainted(value: "true" | "false" | "any"): Holds | null {
  if (value === "any") return null;
  const bit = value === "true" ? TAINTED : UNTAINTED;
  return (facts) => facts.taint === bit;
}

function testPorts(ports: readonly number[]): Holds {
  const set: ReadonlySet<number | null> = new Set(ports);
  return ({ target }) =>
    (target.kind === "network" || target.kind === "model" || target.kind === "secret") && set.has(target.port);
}

function testMethods(methods: readonly string[]): Holds {
  const set = new Set(methods);
  return ({ target }) => target.kind === "network" && set.has(target.method);
}

function testHosts(hosts: readonly string[]): Holds {
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

/** Before a name is resolved only a rule that names it as well may grant; then every address must lie inside. */
function testCidr(matchers: Matchers, mode: MatchMode): Holds {
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

function testPaths(paths: readonly string[], options: TestOptions): Holds {
  const own = paths.filter((path) => path.startsWith(SKILL_DATA));
  if (own.length === 0) return testPlainPaths(paths, options);
  const plain = testPlainPaths(paths.filter((path) => !path.startsWith(SKILL_DATA)), options);
  // The folder of `${skill_data}` is another one for each actor: compared below an imaginary root.
  const globs = own.map((path) => compilePathGlob(path, { ...options.roots, skill_data: "/skill-data" }));
  return (facts) => plain(facts) || globs.some((glob) => matchSkillData(glob, facts));
}

/** The start of a glob below the private folder of the acting skill. */
export const SKILL_DATA = "${skill_data}";

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

function testCwd(cwd: readonly string[], roots: PathRoots): Holds {
  const globs = cwd.map((path) => compilePathGlob(path, roots));
  return ({ target }) => target.kind === "command" && matchAnyPath(globs, foldPath(target.cwd, roots.fold));
}

function testCommands(commands: readonly string[], roots: PathRoots): Holds {
  const globs: readonly PathGlob[] = commands.map((path) => compilePathGlob(path, roots));
  return ({ target }) =>
    target.kind === "secret" && target.program !== null && matchAnyPath(globs, foldPath(target.program, roots.fold));
}

function testText(
  name: "secrets" | "inject" | "providers" | "models" | "imports" | "packages",
  items: readonly string[],
): Holds {
  const globs = compileTextGlobs(items);
  return (facts) => {
    const text = textOf(name, facts);
    return text !== null && matchAnyText(globs, text);
  };
}

function textOf(name: keyof Matchers, { target }: Facts): string | null {
  switch (target.kind) {
    case "secret":
      return name === "secrets" ? target.handle : target.inject;
    case "model":
      return name === "providers" ? target.provider : target.model;
    case "import":
      return target.name;
    case "package":
      return target.id;
    case "path":
    case "command":
    case "network":
    case "skill":
      return null;
    default:
      return target satisfies never;
  }
}

function testSkill({ id, publisher, digest, trust }: SkillMatcher): Holds {
  const ids = id === undefined ? null : compileTextGlobs(id);
  const publishers = publisher === undefined ? null : compileTextGlobs(publisher);
  return ({ skill }) => {
    if (skill === null) return false;
    if (ids !== null && !matchAnyText(ids, skill.id)) return false;
    if (publishers !== null && (skill.publisher === null || !matchAnyText(publishers, skill.publisher))) return false;
    if (digest !== undefined && (skill.digest === null || !digest.includes(skill.digest))) return false;
    return trust === undefined || trust.includes(skill.trust);
  };
}

function testArgv({ argv = [], options = [] }: Matchers, mode: MatchMode): Holds {
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

function testOptions({ argv, options = [] }: Matchers, mode: MatchMode): Holds | null {
  const strict = mode === "grant" || mode === "except";
  if (strict && argv !== undefined) return null;
  return ({ target }) => {
    if (target.kind !== "command" || target.argv === null) return false;
    return strict ? optionsListed(options, target.argv, 1) : hasOption(options, target.argv);
  };
}
