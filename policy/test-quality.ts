import type { AtomicAction, Decision } from "../core/mod.ts";
import { compilePolicy } from "./compile.ts";
import type { CompiledRule, PolicyLayer } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import type { PolicyTest } from "./document.ts";
import { contextOf, stateOf } from "./embedded-tests.ts";
import { matchedClasses } from "./evaluate.ts";
import { factsOf } from "./facts.ts";
import { planRequest } from "./requests.ts";
import { worstVerdict } from "./worst-verdict.ts";

/** A change of a rule that no test noticed. */
export interface Survivor {
  /** Id of the rule that was changed. */
  readonly rule: string;
  /** Its effect as written. */
  readonly from: Decision;
  /** The effect it was given, which no test noticed. */
  readonly to: Decision;
}

/** What tests do not reach. */
export interface TestQuality {
  /** Ids of rules that no test matches. */
  readonly uncovered: readonly string[];
  /** Flipped rules that every test let pass; empty unless `mutate` was asked for. */
  readonly survivors: readonly Survivor[];
}

/** What to measure. */
export interface QualityOptions {
  /** Lists rules that no test matches. */
  readonly coverage: boolean;
  /** Flips the effect of each reached rule and looks whether a test fails. */
  readonly mutate: boolean;
}

/** A test with the actions it asks about, and the rules they meet. */
interface Reached {
  readonly test: PolicyTest;
  readonly actions: readonly AtomicAction[];
  readonly rules: ReadonlySet<CompiledRule>;
}

/**
 * Measures how much of the rules a set of tests holds in place.
 *
 * @param layers The layers that the tests run on.
 * @param state Decides by them.
 * @param options The tests, and what to measure.
 * @returns Unreached rules and unnoticed flips.
 */
export function measureTests(
  layers: readonly PolicyLayer[],
  state: DecisionState,
  options: QualityOptions & { readonly tests: readonly PolicyTest[] },
): TestQuality {
  const reached = options.tests.flatMap((test) => reach(test, state));
  const met = new Set(reached.flatMap((one) => [...one.rules].map(idOf)));
  const all = layers.flatMap((layer) => layer.document.rules.map((rule) => `${layer.layer}/${rule.id}`));
  return {
    uncovered: options.coverage ? all.filter((id) => !met.has(id)).map((id) => id.slice(id.indexOf("/") + 1)) : [],
    survivors: options.mutate ? [...met].flatMap((id) => survivorsOf(id, reached, { layers, state })) : [],
  };
}

function reach(test: PolicyTest, state: DecisionState): readonly Reached[] {
  try {
    const actions = planRequest(test.request, contextOf(state));
    return [{ test, actions, rules: new Set(actions.flatMap((action) => rulesMet(action, state))) }];
  } catch {
    return [];
  }
}

function rulesMet(action: AtomicAction, { policy }: DecisionState): readonly CompiledRule[] {
  const facts = factsOf(action, policy.roots.fold);
  if (typeof facts === "string") return [];
  return policy.tables[facts.capability].all.filter((rule) =>
    matchedClasses(rule, rule.tests, facts) !== 0 ||
    (rule.tightenTests !== null && matchedClasses(rule, rule.tightenTests, facts) !== 0)
  );
}

function idOf({ layer, rule }: CompiledRule): string {
  return `${layer}/${rule.id}`;
}

const FLIPS: Readonly<Record<Decision, Decision>> = {
  allow: "deny",
  allow_with_redaction: "deny",
  requires_approval: "allow",
  deny: "allow",
};

interface Ground {
  readonly layers: readonly PolicyLayer[];
  readonly state: DecisionState;
}

/** Only tests that meet a rule can notice its flip, and only rules that they meet matter to them. */
function survivorsOf(id: string, reached: readonly Reached[], { layers, state }: Ground): readonly Survivor[] {
  const touching = reached.filter(({ rules }) => [...rules].some((rule) => idOf(rule) === id));
  const needed = new Set(touching.flatMap(({ rules }) => [...rules].map(idOf)));
  let flipped: Survivor | null = null;
  const mutated = layers.map((layer) => ({
    ...layer,
    document: {
      ...layer.document,
      rules: layer.document.rules.filter((rule) => needed.has(`${layer.layer}/${rule.id}`)).map((rule) => {
        if (`${layer.layer}/${rule.id}` !== id) return rule;
        flipped = { rule: rule.id, from: rule.effect, to: FLIPS[rule.effect] };
        // An allow has no `except`: what was carved out of the deny is then let through as well.
        return { ...rule, effect: FLIPS[rule.effect], except: null };
      }),
    },
  }));
  const policy = compilePolicy(mutated, state.policy.roots);
  const other = stateOf(policy, state.places);
  const noticed = touching.some(({ test, actions }) => passes(test, actions, state) !== passes(test, actions, other));
  return noticed || flipped === null ? [] : [flipped];
}

function passes(test: PolicyTest, actions: readonly AtomicAction[], state: DecisionState): boolean {
  const verdict = worstVerdict(actions.map((action) => decide(state, action)));
  return verdict.decision === test.expect && (test.rule === undefined || verdict.rule === test.rule);
}
