import { NO_OBLIGATIONS, type Obligations } from "../core/mod.ts";
import type { CompiledPolicy, CompiledRule } from "./compiled-policy.ts";
import type { Facts } from "./facts.ts";
import { hashStep, hashText, type RuleIndex, type RulesByHash, type RulesByKey } from "./rule-index.ts";
import type { RuleTest } from "./rule-test.ts";
import { classesOf, type Mask } from "./words-masks.ts";

/** What the rules say about one action, before floor, ceiling, mode and grants. */
export interface Tally {
  /** The denying rule to report, or `null`. */
  deny: CompiledRule | null;
  /** The severest other match, by rank. */
  best: CompiledRule | null;
  /** Every ask that matched, each once. */
  asks: readonly CompiledRule[];
  /** Classes for which some granting rule matched. */
  granted: Mask;
  /** Classes for which a matching allow accepts taint. */
  accepted: Mask;
  redact: Mask;
  maxBytes: number | null;
  /** `true` while a list is walked for the other spelling of a path: there only a deny looks. */
  deniesOnly: boolean;
}

const NONE: readonly CompiledRule[] = [];

/**
 * Compares an action with the rules.
 *
 * @param policy Compiled layers.
 * @param facts The action.
 * @param scan `true` looks at every rule instead of the index; the answer is the same.
 * @returns The tally.
 */
export function evaluate(policy: CompiledPolicy, facts: Facts, scan = false): Tally {
  const tally: Tally = {
    deny: null,
    best: null,
    asks: NONE,
    granted: 0,
    accepted: 0,
    redact: 0,
    maxBytes: null,
    deniesOnly: false,
  };
  const rules = policy.tables[facts.capability];
  if (scan) {
    walk(rules.all, facts, tally);
    return tally;
  }
  const table = rules.index();
  walk(table.generic, facts, tally);
  if (table.keyed !== null) walkKeys(table.keyed, facts, tally);
  if (table.hosts !== null) walkHost(table.hosts, facts, tally);
  if (table.folders !== null || table.names !== null) {
    walkPath(table, facts, tally);
  }
  return tally;
}

function walkKeys(keyed: RulesByKey, facts: Facts, tally: Tally): void {
  const key = keyOf(facts);
  if (key === null) return;
  walk(keyed.get(key), facts, tally);
  if (facts.target.kind !== "command") return;
  const name = lastSegment(key);
  if (name !== key) walk(keyed.get(name), facts, tally);
}

function keyOf({ target }: Facts): string | null {
  switch (target.kind) {
    case "command":
      return target.argv?.[0] ?? null;
    case "secret":
      return target.handle;
    case "package":
      return target.id;
    case "import":
      return target.name;
    case "network":
    case "model":
    case "path":
    case "skill":
      return null;
    default:
      return target satisfies never;
  }
}

/** From right to left, looking at every label whether rules end there. */
function walkHost(hosts: RulesByHash, facts: Facts, tally: Tally): void {
  const { target } = facts;
  if ((target.kind !== "network" && target.kind !== "model") || target.host === null) return;
  const { host } = target;
  let hash = 0;
  for (let at = host.length - 1; at >= 0; at--) {
    const letter = host.charCodeAt(at);
    if (letter === DOT) walk(hosts.get(hash), facts, tally);
    hash = hashStep(hash, letter);
  }
  walk(hosts.get(hash), facts, tally);
}

const DOT = 0x2e;

function walkPath(index: RuleIndex, facts: Facts, tally: Tally): void {
  const { names } = index;
  if (names !== null) walk(names.get(hashText(facts.real, facts.real.lastIndexOf("/") + 1)), facts, tally);
  walkFolders(index, facts, tally);
  if (facts.lexical === facts.real) return;
  tally.deniesOnly = true;
  if (names !== null) walk(names.get(hashText(facts.lexical, facts.lexical.lastIndexOf("/") + 1)), facts, tally);
  walkFolders(index, facts, tally);
  tally.deniesOnly = false;
}

function walkFolders({ folders, depths }: RuleIndex, facts: Facts, tally: Tally): void {
  if (folders === null) return;
  const path = tally.deniesOnly ? facts.lexical : facts.real;
  let hash = 0;
  let depth = 0;
  for (let at = 0; at < path.length; at++) {
    const letter = path.charCodeAt(at);
    if (letter === SLASH) {
      if ((depths & (1 << depth)) !== 0) walk(folders.get(hash), facts, tally);
      // Behind the deepest key there is nothing to find.
      if (depths >> ++depth === 0) return;
    }
    hash = hashStep(hash, letter);
  }
  if ((depths & (1 << depth)) !== 0) walk(folders.get(hash), facts, tally);
}

const SLASH = 0x2f;

function walk(rules: readonly CompiledRule[] | undefined, facts: Facts, tally: Tally): void {
  if (rules === undefined) return;
  for (const rule of rules) {
    // Denials stand first: behind the one that was found only a better one could follow, and lists are sorted.
    if (tally.deny !== null && rule.rank > tally.deny.rank) return;
    if ((rule.classes & facts.classes) === 0) continue;
    if (rule.effect === "deny") {
      if (matchedClasses(rule, rule.tests, facts) === 0) continue;
      tally.deny = rule;
      return;
    }
    if (tally.deniesOnly) return;
    count(rule, facts, tally);
  }
}

function count(rule: CompiledRule, facts: Facts, tally: Tally): void {
  let classes = matchedClasses(rule, rule.tests, facts);
  if (classes !== 0) {
    if (rule.grants) tally.granted |= classes;
    if (rule.acceptsTaint) tally.accepted |= classes;
  } else if (rule.tightenTests !== null) {
    classes = matchedClasses(rule, rule.tightenTests, facts);
  }
  if (classes === 0) return;
  tally.redact |= rule.redact;
  if (rule.maxBytes !== null && (tally.maxBytes === null || rule.maxBytes < tally.maxBytes)) {
    tally.maxBytes = rule.maxBytes;
  }
  if (tally.best === null || rule.rank < tally.best.rank) tally.best = rule;
  // A rule with several keys can be met twice.
  if (rule.effect === "requires_approval" && !tally.asks.includes(rule)) tally.asks = [...tally.asks, rule];
}

/**
 * Tells for which classes of the action a rule matches.
 *
 * @param rule A rule.
 * @param tests Its tests, or those of its second look.
 * @param facts The action.
 * @returns The classes; 0 when it does not match.
 */
export function matchedClasses(rule: CompiledRule, tests: readonly RuleTest[], facts: Facts): Mask {
  for (const test of tests) if (!test.holds(facts)) return 0;
  const classes = rule.classes & facts.classes;
  return rule.except === null ? classes : classes & ~exceptedClasses(rule.except, facts);
}

/** Tells for which classes an `except` holds. */
export function exceptedClasses(except: NonNullable<CompiledRule["except"]>, facts: Facts): Mask {
  // An opaque command never meets an exception: what it would run is not known.
  if (facts.target.kind === "command" && facts.target.argv === null) return 0;
  for (const test of except.tests) if (!test.holds(facts)) return 0;
  return except.classes;
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What the rules that matched want done to what comes out. */
export function obligationsOf({ redact, maxBytes }: Tally): Obligations {
  return redact === 0 && maxBytes === null ? NO_OBLIGATIONS : { redact: classesOf(redact), max_bytes: maxBytes };
}
