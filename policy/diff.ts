import { type AtomicAction, type Capability, type Decision, severity, type Verdict } from "../core/mod.ts";
import { compilePolicy, narrowerScope } from "./compile.ts";
import type { CompiledPolicy, PolicyLayer } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import type { ClassifyRule, PolicyRule } from "./document.ts";
import { stateOf } from "./embedded-tests.ts";
import { factsOf } from "./facts.ts";
import { floorPlaces } from "./floor.ts";
import { PATH_CAPABILITIES } from "./matchers.ts";
import type { PolicyRequest } from "./policy-request.ts";
import { changedClasses, changedRules, type KeyedRule } from "./regions/changed-rules.ts";
import { describeMatchers } from "./regions/describe-matchers.ts";
import { createGlobs, USUAL_ROOTS } from "./regions/globs.ts";
import { requestOf } from "./regions/request-of.ts";
import { matchersFor, sampleActions } from "./regions/sample-actions.ts";
import { compileTests } from "./rule-tests.ts";

/** One region where two policies decide differently. */
export interface PolicyChange {
  /** What is done. */
  readonly capability: Capability;
  /** Where, in the words of the rule that makes the difference. */
  readonly region: string;
  /** The decision of the first policy. */
  readonly from: Decision;
  /** The decision of the second one. */
  readonly to: Decision;
  /** An example: a request as it stands in `tests`. */
  readonly witness: PolicyRequest;
  /** `true` when the second policy lets more happen there, or masks or asks less. */
  readonly looser: boolean;
}

/** How two policies differ. */
export interface PolicyDiff {
  /** `true` when no difference was found. */
  readonly same: boolean;
  /** Looser ones first. */
  readonly changes: readonly PolicyChange[];
  /** `true` when there were too many combinations to look at all. */
  readonly truncated: boolean;
}

/** The most actions that are decided for one changed rule. */
const MAX_SAMPLES = 20_000;

/**
 * Compares what two policies decide, the floor included and grants left out. Only where a rule differs can a decision
 * differ, so there actions are made that tell all rules apart, and both policies decide them.
 *
 * @example
 * ```ts
 * diffPolicies([before], [after]).changes; // [{ capability: "file_write", from: "requires_approval", to: "allow", … }]
 * ```
 * @param before Layers of the first policy.
 * @param after Layers of the second one.
 * @returns The differences, each with an example.
 */
export function diffPolicies(before: readonly PolicyLayer[], after: readonly PolicyLayer[]): PolicyDiff {
  const [from, to] = [sideOf(before), sideOf(after)];
  const globs = createGlobs(USUAL_ROOTS);
  const rules = [...from.rules, ...to.rules].map(({ rule }) => rule);
  const classified = [...from.classify, ...to.classify];
  const found: PolicyChange[] = [];
  const seen = new Set<string>();
  let truncated = false;
  const changed = [...changedRules(from.rules, to.rules), ...changedClasses(from.classify, to.classify)];
  for (const focus of changed) {
    for (const capability of focus.capabilities) {
      const changes = new Map<string, PolicyChange>();
      const others = [...matchersFor(rules, capability), ...classifyMatchers(classified, capability)];
      const touches = matcherOf(focus);
      let left = MAX_SAMPLES;
      for (const action of sampleActions({ capability, focus: focus.match, others, globs })) {
        if (left-- <= 0) {
          truncated = true;
          break;
        }
        if (!touches(action)) continue;
        const change = compare(action, focus, { from: decide(from.state, action), to: decide(to.state, action) });
        if (change === null) continue;
        // The same difference may be met through another rule that changed: it is told once.
        const met = JSON.stringify([change.from, change.to, change.witness]);
        const key = `${change.from} ${change.to} ${change.region}`;
        if (!seen.has(met) && !changes.has(key)) changes.set(key, change);
        seen.add(met);
      }
      found.push(...changes.values());
    }
  }
  const changes = found.toSorted((a, b) => Number(b.looser) - Number(a.looser));
  return { same: changes.length === 0, changes, truncated };
}

interface Side {
  readonly state: DecisionState;
  readonly rules: readonly KeyedRule[];
  readonly classify: readonly ClassifyRule[];
}

function sideOf(layers: readonly PolicyLayer[]): Side {
  const policy: CompiledPolicy = compilePolicy(layers, USUAL_ROOTS);
  return {
    state: stateOf(policy, floorPlaces([`${USUAL_ROOTS.home}/.agentzero`], USUAL_ROOTS)),
    rules: layers.flatMap((layer) => layer.document.rules.map((rule) => keyed(rule, layer, policy.ceiling.maxScope))),
    classify: layers.flatMap((layer) => layer.document.classify),
  };
}

/** All of a rule that a decision depends on: not its name, reason, place or examples. */
function keyed(rule: PolicyRule, { layer, grants }: PolicyLayer, ceiling: string): KeyedRule {
  const { effect, capabilities, match, except, approval, redact, maxBytes } = rule;
  const frame = JSON.stringify([layer, grants, effect === "requires_approval" ? ceiling : null]);
  return { rule, frame, key: JSON.stringify([frame, effect, capabilities, match, except, approval, redact, maxBytes]) };
}

function classifyMatchers(classify: readonly ClassifyRule[], capability: Capability) {
  return PATH_CAPABILITIES.includes(capability)
    ? classify.flatMap(({ paths }) => paths.length > 0 ? [{ paths }] : [])
    : classify.flatMap(({ hosts }) => capability === "network_request" && hosts.length > 0 ? [{ hosts }] : []);
}

/** Tells whether a rule has anything to say about an action, its exceptions aside. */
function matcherOf({ match, effect }: PolicyRule): (action: AtomicAction) => boolean {
  const modes = effect === "deny"
    ? ["deny"] as const
    : effect === "requires_approval"
    ? ["ask", "tighten"] as const
    : ["grant"] as const;
  const tests = modes.map((mode) => compileTests(match, { mode, roots: USUAL_ROOTS }));
  return (action) => {
    const facts = factsOf(action, false);
    return typeof facts !== "string" && tests.some((all) => all.every((test) => test.holds(facts)));
  };
}

function compare(
  action: AtomicAction,
  focus: PolicyRule,
  { from, to }: { readonly from: Verdict; readonly to: Verdict },
): PolicyChange | null {
  const step = severity(to.decision) - severity(from.decision);
  const duties = step === 0 ? compareDuties(from, to) : null;
  if (step === 0 && duties === null) return null;
  return {
    capability: action.capability,
    region: `${describeMatchers(focus.match)}${duties === null ? "" : ` (${duties.text})`}`,
    from: from.decision,
    to: to.decision,
    witness: requestOf(action, USUAL_ROOTS),
    looser: step < 0 || duties?.looser === true,
  };
}

/** The same decision with other obligations, or with answers that are kept longer. */
function compareDuties(from: Verdict, to: Verdict): { readonly text: string; readonly looser: boolean } | null {
  const [old, now] = [from.obligations, to.obligations];
  if (old.redact.join() !== now.redact.join()) {
    const lost = old.redact.some((word) => !now.redact.includes(word));
    return { text: `masks ${listOf(old.redact)} -> ${listOf(now.redact)}`, looser: lost };
  }
  if (old.max_bytes !== now.max_bytes) {
    const looser = old.max_bytes !== null && (now.max_bytes === null || now.max_bytes > old.max_bytes);
    return { text: `at most ${old.max_bytes ?? "any number of"} -> ${now.max_bytes ?? "any number of"} bytes`, looser };
  }
  const [first, second] = [from.approval?.maxScope, to.approval?.maxScope];
  if (first === undefined || second === undefined || first === second) return null;
  return { text: `an answer holds for ${first} -> ${second}`, looser: narrowerScope(first, second) === first };
}

function listOf(words: readonly string[]): string {
  return words.length === 0 ? "nothing" : words.join(", ");
}
