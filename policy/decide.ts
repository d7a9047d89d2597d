import {
  type ApprovalTerms,
  type AtomicAction,
  CAPABILITIES,
  type Capability,
  type Decision,
  type Layer,
  LAYERS,
  NO_OBLIGATIONS,
  type Obligations,
  type RuleRef,
  type Verdict,
} from "../core/mod.ts";
import { classifiedMask } from "./classify.ts";
import { skillCovers } from "./ceiling.ts";
import { type CompiledPolicy, type CompiledRule, narrowerScope, smaller } from "./compile.ts";
import type { GrantScope } from "./document.ts";
import { DAY_MS } from "./duration.ts";
import type { SessionMode } from "./engine-types.ts";
import { evaluate, matchedClasses, type Tally } from "./evaluate.ts";
import { type Facts, factsOf } from "./facts.ts";
import {
  asksOpaque,
  asksTaint,
  DEGRADED_HIT,
  floorDeny,
  type FloorHit,
  type FloorPlaces,
  isOwnModel,
  isReading,
  PRIVATE_HIT,
  reachesPrivate,
  READ_ONLY,
  TAINT_HIT,
} from "./floor.ts";
import { askedShape } from "./asked-shape.ts";
import { classesOf, TAINTED } from "./words-masks.ts";

/** A question that grants may answer. */
export interface Question {
  readonly facts: Facts;
  /** Every rule that asks. */
  readonly asks: readonly RuleRef[];
  readonly shape: string;
  /** `true` when every asking rule may be answered by the approval of a package as a whole. */
  readonly byPackage: boolean;
  /** `true` when untrusted text is why somebody is asked. */
  readonly aboutTaint: boolean;
}

/** The remembered answers in force at one moment. */
export interface GrantView {
  /** The id of a stored deny for this action, or `null`. */
  never(facts: Facts): string | null;
  /** The scope of a grant that answers the question, or `null`. */
  answers(question: Question): GrantScope | null;
}

/** No remembered answers. */
export const NO_GRANTS: GrantView = { never: () => null, answers: () => null };

/** All that a decision depends on besides the action. */
export interface DecisionState {
  readonly policy: CompiledPolicy;
  readonly places: FloorPlaces;
  readonly mode: SessionMode;
  /** `true` while an old policy stands in for a broken one. */
  readonly degraded: boolean;
  /** Why everything is denied, or `null`. */
  readonly broken: string | null;
  readonly grants: GrantView;
  /** `false` in embedded tests, where an actor stands for any skill that may do this. */
  readonly ceiling: boolean;
  /** `true` looks at every rule instead of the index. */
  readonly scan?: boolean;
}

/** The lifetime of an answer kept for the project unless a rule or file says otherwise. */
export const DEFAULT_TTL_MS: number = 30 * DAY_MS;

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

const MASKED: Verdict = {
  decision: "allow",
  rule: null,
  layer: null,
  reason: "rule: nothing denies this operand; the sandbox decides what it can reach",
  obligations: NO_OBLIGATIONS,
  approval: null,
  granted: null,
  hint: null,
};

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
  if (floorAsks.length > 0 || tally.asks.length > 0) return ask(state, facts, { tally, floorAsks });
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

interface Asking {
  readonly tally: Tally;
  readonly floorAsks: readonly FloorHit[];
}

function ask(state: DecisionState, facts: Facts, { tally, floorAsks }: Asking): Verdict {
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

function allowed(tally: Tally): Verdict {
  const { best } = tally;
  if (best === null) return denial("engine_error", "a grant without a rule");
  if (tally.redact === 0 && tally.maxBytes === null) return best.verdict;
  return { ...best.verdict, obligations: obligationsOf(tally) };
}

function obligationsOf({ redact, maxBytes }: Tally): Obligations {
  return redact === 0 && maxBytes === null ? NO_OBLIGATIONS : { redact: classesOf(redact), max_bytes: maxBytes };
}

const OWN_MODEL: Verdict = {
  decision: "allow",
  rule: "floor.own-model",
  layer: "floor",
  reason: "floor: this model is part of AgentZero; nothing leaves the process",
  obligations: NO_OBLIGATIONS,
  approval: null,
  granted: null,
  hint: null,
};

function defaultDeny(policy: CompiledPolicy, facts: Facts): Verdict {
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

function floorVerdict(decision: Decision, { name, sentence }: FloorHit): Verdict {
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

/** A deny that no rule stands behind. */
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
