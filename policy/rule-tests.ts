import type { Facts } from "./facts.ts";
import type { Matchers, SkillMatcher } from "./matchers.ts";
import type { Holds, RuleTest, TestOptions } from "./rule-test.ts";
import {
  testArgv,
  testCidr,
  testCommands,
  testCwd,
  testHosts,
  testMethods,
  testOptions,
  testPaths,
  testPorts,
} from "./target-tests.ts";
import { compileTextGlobs, matchAnyText } from "./text-glob.ts";
import { TAINTED, tierMask, UNTAINTED } from "./words-masks.ts";

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
