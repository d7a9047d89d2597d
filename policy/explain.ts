import { type AtomicAction, describeTarget, type Verdict } from "../core/mod.ts";
import { classifiedMask } from "./classify.ts";
import type { CompiledRule } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import type { Explanation, MatchInfo, NearMiss } from "./engine-types.ts";
import { exceptedClasses, matchedClasses } from "./evaluate.ts";
import { type Facts, factsOf } from "./facts.ts";
import { classesOf } from "./words-masks.ts";

/** How many near misses are told. */
export const MAX_NEAR_MISSES = 5;

/**
 * Says why an action is decided as it is: the rules that match, and those that failed in exactly one matcher.
 *
 * @param state What decides now.
 * @param action The action.
 * @returns The contract's object.
 */
export function explain(state: DecisionState, action: AtomicAction): Explanation {
  const verdict = decide(state, action);
  const { decision, rule, layer, reason, obligations } = verdict;
  const facts = factsOf(action, state.policy.roots.fold);
  const asked = typeof facts === "string" ? null : withClassified(state, facts);
  const missed = asked === null || decision !== "deny" || rule !== null ? asked : ungranted(state, asked);
  return {
    v: 1,
    decision,
    rule,
    layer,
    reason,
    matches: asked === null ? [] : matchesOf(state, asked),
    near_misses: missed === null ? [] : nearMissesOf(state, missed),
    obligations,
    hint: missed !== null && rule === null && decision === "deny"
      ? smallestEdit(state, missed) ?? verdict.hint ?? newRule(verdict, action)
      : verdict.hint,
  };
}

/** What nothing grants: each class is decided by itself, and those that a rule lets through are not what is missing. */
function ungranted({ policy }: DecisionState, facts: Facts): Facts {
  let granted = 0;
  for (const rule of policy.tables[facts.capability].all) {
    if (rule.grants) granted |= matchedClasses(rule, rule.tests, facts);
  }
  const classes = facts.classes & ~granted;
  return classes === 0 ? facts : { ...facts, classes };
}

/**
 * The smallest edit that would let a default deny through: one value more in the rule that failed at one matcher only.
 * `null` where no granting rule comes that near; then a rule of its own is what it takes.
 */
function smallestEdit(state: DecisionState, facts: Facts): string | null {
  for (const { rule, failed } of missesOf(state, facts)) {
    // A rule that does not count would not let anything through, whatever it said.
    if (rule.effect === "deny" || !state.policy.tables[facts.capability].all.includes(rule)) continue;
    if (!LISTS.has(failed) || (failed === "argv" && isOpaque(facts))) continue;
    const saw = sawFor(failed, facts);
    return `the smallest edit: add "${saw}" to \`${failed}\` of rule "${rule.rule.id}" (${rule.layer}), line ${rule.rule.at.line}`;
  }
  return null;
}

/** Where no rule comes near. The command that explains the denial is the one that was just run. */
function newRule({ reason }: Verdict, { capability }: AtomicAction): string | null {
  if (!reason.startsWith("no_match:")) return null;
  return `no rule comes near: add one for ${capability}, then: agentzero policy check && agentzero policy trust`;
}

/** Matchers that take one value more. Whether a model may be remote, or text tainted, is no list to add to. */
const LISTS: ReadonlySet<string> = new Set([
  "paths",
  "argv",
  "options",
  "cwd",
  "hosts",
  "ports",
  "methods",
  "cidr",
  "providers",
  "models",
  "secrets",
  "commands",
  "inject",
  "imports",
  "packages",
  "classification",
]);

function isOpaque({ target }: Facts): boolean {
  return target.kind === "command" && target.argv === null;
}

function withClassified({ policy }: DecisionState, facts: Facts): Facts {
  if (facts.target.kind !== "path") return facts;
  return { ...facts, classes: facts.classes | classifiedMask(policy, facts).classes };
}

function candidates({ policy }: DecisionState, { capability }: Facts): readonly CompiledRule[] {
  return [...policy.tables[capability].all, ...policy.ignored[capability]];
}

function matchesOf(state: DecisionState, facts: Facts): readonly MatchInfo[] {
  const ignored = state.policy.ignored[facts.capability];
  return candidates(state, facts).filter((rule) => matches(rule, facts)).map((rule) => ({
    rule: rule.rule.id,
    layer: rule.layer,
    effect: rule.effect,
    counts: !ignored.includes(rule),
  }));
}

function matches(rule: CompiledRule, facts: Facts): boolean {
  return matchedClasses(rule, rule.tests, facts) !== 0 ||
    (rule.tightenTests !== null && matchedClasses(rule, rule.tightenTests, facts) !== 0);
}

/** Rules that would let it through come first: they are what a person is looking for. */
function nearMissesOf(state: DecisionState, facts: Facts): readonly NearMiss[] {
  return missesOf(state, facts)
    .slice(0, MAX_NEAR_MISSES)
    .map(({ rule, failed }) => ({ rule: rule.rule.id, failed, saw: sawFor(failed, facts) }));
}

function missesOf(
  state: DecisionState,
  facts: Facts,
): readonly { readonly rule: CompiledRule; readonly failed: string }[] {
  return candidates(state, facts)
    .flatMap((rule) => {
      const failed = matches(rule, facts) ? [] : failedMatchers(rule, facts);
      return failed.length === 1 && failed[0] !== undefined ? [{ rule, failed: failed[0] }] : [];
    })
    .toSorted((a, b) => Number(a.rule.effect === "deny") - Number(b.rule.effect === "deny"));
}

function failedMatchers(rule: CompiledRule, facts: Facts): readonly string[] {
  const failed: string[] = rule.tests.filter((test) => !test.holds(facts)).map((test) => test.name);
  if ((rule.classes & facts.classes) === 0) failed.push("classification");
  if (failed.length === 0 && rule.except !== null && exceptedClasses(rule.except, facts) !== 0) failed.push("except");
  return failed;
}

/** What a matcher saw, in one line. */
function sawFor(matcher: string, facts: Facts): string {
  const { target, skill, action } = facts;
  switch (matcher) {
    case "classification":
      return classesOf(facts.classes).join(" ");
    case "tier":
      return action.tier;
    case "tainted":
      return String(action.tainted);
    case "skill":
      return skill === null ? "no skill" : `${skill.id} (${skill.trust})`;
    default:
      return sawTarget(matcher, target, facts);
  }
}

function sawTarget(name: string, target: AtomicAction["target"], facts: Facts): string {
  switch (target.kind) {
    case "path":
      return name === "staged" ? "not staged" : target.real;
    case "command":
      return name === "cwd" ? target.cwd : target.argv === null ? `opaque: ${target.text}` : target.text;
    case "network":
      if (name === "ports") return String(target.port);
      if (name === "methods") return target.method;
      if (name === "cidr") {
        return facts.addresses === null ? "not resolved" : target.addresses?.join(" ") ?? target.host;
      }
      return target.host;
    case "model":
      if (name === "remote") return String(target.remote);
      if (name === "ports") return String(target.port ?? "none");
      if (name === "providers") return target.provider;
      return name === "models" ? target.model : target.host ?? "no host";
    case "secret":
      if (name === "inject") return target.inject;
      if (name === "hosts" || name === "cidr") return target.host ?? "no host";
      if (name === "ports") return String(target.port ?? "none");
      return name === "commands" ? target.program ?? "no program" : target.handle;
    case "package":
    case "import":
    case "skill":
      return describeTarget(target);
    default:
      return target satisfies never;
  }
}
