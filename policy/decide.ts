import { type AtomicAction, type Layer, LAYERS, type Verdict } from "../core/mod.ts";
import { askVerdict } from "./ask-verdict.ts";
import { skillCovers } from "./ceiling.ts";
import { classifiedMask } from "./classify.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import type { DecisionState } from "./decision-state.ts";
import { evaluate, matchedClasses, obligationsOf, type Tally } from "./evaluate.ts";
import { type Facts, factsOf } from "./facts.ts";
import { defaultDeny, denial, floorVerdict, MASKED, OWN_MODEL } from "./fixed-verdicts.ts";
import { asksOpaque, asksTaint, DEGRADED_HIT, isReading, TAINT_HIT } from "./floor-asks.ts";
import type { FloorHit } from "./floor-hit.ts";
import { floorDeny, isOwnModel, PRIVATE_HIT, reachesPrivate, READ_ONLY } from "./floor.ts";
import { TAINTED } from "./words-masks.ts";

/**
 * Decides one action.
 *
 * @example
 * ```ts
 * decide(state, action).decision; // "deny" unless a rule of a granting layer matches
 * ```
 * @param state Compiled policy, mode and grants.
 * @param action The action.
 * @returns The verdict: pure, synchronous, total. What cannot be read, and any failure in here, is a deny.
 */
export function decide(state: DecisionState, action: AtomicAction): Verdict {
  try {
    const facts = factsOf(action, state.policy.roots.fold);
    if (typeof facts === "string") return denial("invalid_target", facts);
    const verdict = decideFacts(state, withClasses(state.policy, facts));
    return action.denyOnly === true && !mustNotBe(verdict) ? MASKED : verdict;
  } catch {
    return denial("engine_error", "the engine failed, so that nothing is allowed");
  }
}

/** A masked operand is no action of its own: that some rule forbids it counts, that none allows it does not. */
function mustNotBe({ decision, rule, reason }: Verdict): boolean {
  return decision === "deny" && (rule !== null || !/^(?:no_match|no_policy|untrusted_project):/.test(reason));
}

/** Adds the classes that `classify` gives a path, so that a caller who forgot them cannot lower them. */
function withClasses(policy: CompiledPolicy, facts: Facts): Facts {
  if (policy.classify.length === 0 || facts.target.kind !== "path") return facts;
  const classes = facts.classes | classifiedMask(policy, facts).classes;
  return classes === facts.classes ? facts : { ...facts, classes };
}

function decideFacts(state: DecisionState, facts: Facts): Verdict {
  const { policy, places } = state;
  const floor = floorDeny(facts, places);
  if (floor !== null) return floorVerdict("deny", floor);
  const own = isOwnModel(facts);
  if (state.broken !== null) return own ? OWN_MODEL : denial("policy_invalid", state.broken, "agentzero policy check");
  if (reachesPrivate(facts) && !opensAddress(policy, facts)) return floorVerdict("deny", PRIVATE_HIT);
  const tally = evaluate(policy, facts, state.scan);
  const denied = denyOf(state, facts, tally);
  if (denied !== null) return denied;
  if (!own && (tally.granted & facts.classes) !== facts.classes) return defaultDeny(policy, facts);
  const floorAsks = mayAsk(state, facts) ? floorAsksOf(state, facts, tally) : NO_HITS;
  if (floorAsks.length > 0 || tally.asks.length > 0) return askVerdict(state, facts, { tally, floorAsks });
  return own && (tally.best === null || tally.best.effect === "allow") ? OWN_MODEL : allowed(tally);
}

/** The severest verdict is a deny: which of them is reported is settled by layer, then by id. */
function denyOf(state: DecisionState, facts: Facts, tally: Tally): Verdict | null {
  let found: Verdict | null = tally.deny?.verdict ?? null;
  const never = state.grants.never(facts);
  if (never !== null) found = firstOf(found, never, { layer: "user", reason: "never: a person answered never" });
  if (state.ceiling && facts.skill !== null && !skillCovers(facts.action, facts.skill)) {
    const reason = `skill_ceiling: the permissions of "${facts.skill.id}" do not cover it`;
    found = firstOf(found, "skill.permissions", { layer: "skill", reason });
  }
  if (state.mode === "read-only" && !READ_ONLY.has(facts.capability)) {
    found = firstOf(found, "session.read-only", { layer: "session", reason: "rule: this session only reads" });
  }
  return found;
}

function firstOf(
  found: Verdict | null,
  rule: string,
  { layer, reason }: { readonly layer: Layer; readonly reason: string },
): Verdict {
  if (found !== null && found.layer !== null) {
    const order = LAYERS.indexOf(found.layer) - LAYERS.indexOf(layer);
    if (order < 0 || (order === 0 && (found.rule ?? "") < rule)) return found;
  }
  return {
    ...denial("rule", ""),
    rule,
    layer,
    reason,
    hint: layer === "user" ? "agentzero policy status lists it" : null,
  };
}

/** An address that is not public needs a granting rule that lists its block. */
function opensAddress(policy: CompiledPolicy, facts: Facts): boolean {
  return policy.tables[facts.capability].all.some((rule) =>
    rule.grants && rule.effect !== "deny" && rule.rule.match.cidr !== undefined &&
    matchedClasses(rule, rule.tests, facts) !== 0
  );
}

const NO_HITS: readonly FloorHit[] = [];

/** Rules out the usual case, untainted and without secrets, before anything is allocated. */
function mayAsk({ degraded }: DecisionState, { taint, target }: Facts): boolean {
  return degraded || taint === TAINTED || target.kind === "command";
}

function floorAsksOf(state: DecisionState, facts: Facts, tally: Tally): readonly FloorHit[] {
  const hits: FloorHit[] = [];
  if (state.degraded && !isReading(facts)) hits.push(DEGRADED_HIT);
  const opaque = asksOpaque(facts);
  if (opaque !== null) hits.push(opaque);
  if (asksTaint(facts, state.places) && (tally.accepted & facts.classes) !== facts.classes) hits.push(TAINT_HIT);
  return hits;
}

function allowed(tally: Tally): Verdict {
  const { best } = tally;
  if (best === null) return denial("engine_error", "a grant without a rule");
  if (tally.redact === 0 && tally.maxBytes === null) return best.verdict;
  return { ...best.verdict, obligations: obligationsOf(tally) };
}
