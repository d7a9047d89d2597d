import type { ApprovalTerms, RuleRef, Verdict } from "../core/mod.ts";
import { askedShape } from "./asked-shape.ts";
import { DEFAULT_TTL_MS, narrowerScope, smaller } from "./compile.ts";
import type { CompiledRule } from "./compiled-policy.ts";
import type { DecisionState } from "./decision-state.ts";
import { obligationsOf, type Tally } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { denial, floorVerdict } from "./fixed-verdicts.ts";
import type { FloorHit } from "./floor-hit.ts";

/** Why somebody is asked. */
interface Asking {
  readonly tally: Tally;
  readonly floorAsks: readonly FloorHit[];
}

/**
 * Makes the verdict of an action that a rule or the floor asks about.
 *
 * @param state Ceilings and grants.
 * @param facts The action.
 * @param asking What matched; at least one of its rules or floor hits asks.
 * @returns `requires_approval` with the terms of an answer, and the scope of the grant that answers already, if any.
 */
export function askVerdict(state: DecisionState, facts: Facts, { tally, floorAsks }: Asking): Verdict {
  const rules = tally.asks.toSorted((a, b) => a.rank - b.rank);
  const asks: readonly RuleRef[] = [
    ...floorAsks.map((hit): RuleRef => ({ layer: "floor", rule: `floor.${hit.name}`, policy: "floor" })),
    ...rules.map((rule) => rule.ref),
  ];
  const shape = askedShape(facts, rules, floorAsks.length > 0);
  const granted = state.grants.answers({
    facts,
    asks,
    shape,
    byPackage: floorAsks.every((hit) => hit.name === "taint") && rules.every((rule) => rule.scope !== "once"),
    aboutTaint: floorAsks.length > 0 || rules.some((rule) => rule.rule.match.tainted === "true"),
  });
  const base = { obligations: obligationsOf(tally), approval: termsOf(state, rules, { asks, shape }), granted };
  const [hit] = floorAsks;
  if (hit !== undefined) return { ...floorVerdict("requires_approval", hit), ...base };
  return { ...(rules[0]?.verdict ?? denial("engine_error", "an ask without a rule")), ...base };
}

function termsOf(
  { policy: { ceiling } }: DecisionState,
  rules: readonly CompiledRule[],
  { asks, shape }: { readonly asks: readonly RuleRef[]; readonly shape: string },
): ApprovalTerms {
  const floorAsks = asks.length > rules.length;
  let maxScope = floorAsks ? narrowerScope(ceiling.maxScope, "session") : ceiling.maxScope;
  let ttlMs: number | null = ceiling.ttlMs;
  for (const rule of rules) {
    maxScope = narrowerScope(maxScope, rule.scope ?? "session");
    ttlMs = smaller(ttlMs, rule.ttlMs);
  }
  return { maxScope, timeoutMs: ceiling.timeoutMs, ttlMs: ttlMs ?? DEFAULT_TTL_MS, asks, shape };
}
