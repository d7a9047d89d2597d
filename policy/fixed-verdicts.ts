import { CAPABILITIES, type Capability, type Decision, NO_OBLIGATIONS, type Verdict } from "../core/mod.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { matchedClasses } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import type { FloorHit } from "./floor-hit.ts";

/**
 * A deny that no rule stands behind.
 *
 * @param code Stable, e.g. `no_match`; the first word of the reason.
 * @param sentence Why, for people.
 * @param hint The command that helps, or `null`.
 */
export function denial(code: string, sentence: string, hint: string | null = null): Verdict {
  return {
    decision: "deny",
    rule: null,
    layer: null,
    reason: `${code}: ${sentence}`,
    obligations: NO_OBLIGATIONS,
    approval: null,
    granted: null,
    hint,
  };
}

/** The verdict of the built-in floor, which no rule can loosen. */
export function floorVerdict(decision: Decision, { name, sentence }: FloorHit): Verdict {
  return {
    decision,
    rule: `floor.${name}`,
    layer: "floor",
    reason: `floor: ${sentence}`,
    obligations: NO_OBLIGATIONS,
    approval: null,
    granted: null,
    hint: null,
  };
}

/** The models that are part of the program are allowed unless a rule says otherwise. */
export const OWN_MODEL: Verdict = {
  decision: "allow",
  rule: "floor.own-model",
  layer: "floor",
  reason: "floor: this model is part of AgentZero; nothing leaves the process",
  obligations: NO_OBLIGATIONS,
  approval: null,
  granted: null,
  hint: null,
};

/** What a `denyOnly` action gets where nothing denies it. */
export const MASKED: Verdict = {
  decision: "allow",
  rule: null,
  layer: null,
  reason: "rule: nothing denies this operand; the sandbox decides what it can reach",
  obligations: NO_OBLIGATIONS,
  approval: null,
  granted: null,
  hint: null,
};

/**
 * Denies what no rule allows, and says what is missing: trust in the project's policy, a policy at all, or a rule.
 *
 * @param policy All layers, compiled.
 * @param facts An action that no granting rule matched in all its classes.
 * @returns The deny; its code is `untrusted_project`, `no_policy` or `no_match`.
 */
export function defaultDeny(policy: CompiledPolicy, facts: Facts): Verdict {
  const ignored = policy.ignored[facts.capability];
  if (ignored.some((rule) => matchedClasses(rule, rule.tests, facts) !== 0)) {
    return denial("untrusted_project", "only the policy of this project allows it, and it is not trusted", TRUST_HINT);
  }
  if (!policy.grantsAnything) {
    return policy.untrusted
      ? denial("no_policy", "the policy of this project is not trusted, and no other allows anything", TRUST_HINT)
      : denial("no_policy", "there is no policy that allows anything", "agentzero init");
  }
  return NO_MATCH.get(facts.capability) ?? denial("no_match", "no rule allows it");
}

const TRUST_HINT = "agentzero policy trust";

const NO_MATCH: ReadonlyMap<Capability, Verdict> = new Map(
  CAPABILITIES.map((capability) => [capability, denial("no_match", `no rule allows this ${capability}`)]),
);
