import { type Decision, NO_OBLIGATIONS, type Verdict } from "../core/mod.ts";
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
