import { type AtomicAction, type Finding, joinObligations, NO_OBLIGATIONS, type Verdict } from "../core/mod.ts";
import { hintOf } from "../policy/mod.ts";
import type { DecidedAction } from "./approve.ts";
import type { CallFailure } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import { lowerFirst } from "./lower-first.ts";
import { record } from "./record.ts";
import { intentEvent, type IntentFacts, type RecordSubject } from "./record-events.ts";
import { refreshPolicy } from "./refresh-policy.ts";
import { leakEvent } from "./secret-leak.ts";
import { secretPlace } from "./secret-place.ts";

/** A decision that is on record. */
export interface Authorized {
  readonly each: readonly DecidedAction[];
  readonly worst: Verdict;
  /** Sequence number of the intent, or `null` when it could not be written: then nothing may happen. */
  readonly intent: number | null;
  /** Why the call ends here, or `null` when it may go on to be asked or run. */
  readonly failure: CallFailure | null;
}

/** A reason to refuse that policy rules do not express. */
export interface Guard {
  /** Id of the floor rule, or `null` for a call that could not be planned at all. */
  readonly rule: string | null;
  readonly failure: CallFailure;
  /** Secret values that were about to leave; stands in a record of its own. */
  readonly leaked?: readonly Finding[] | undefined;
}

// Effects that only read what is already here; every other one waits for its record to be durable.
const CALM: ReadonlySet<string> = new Set(["file_read", "acp_context_request", "wasm_host_call"]);

// A component has no effect by itself: each of its host calls is a call of its own, with a record of its own before it.
function isCalm({ capability, tier }: AtomicAction): boolean {
  if (CALM.has(capability)) return true;
  return tier === "wasm-sandbox" && (capability === "package_execution" || capability === "runtime_launch");
}

/**
 * Decides a call and records the decision, before anything else happens (steps 3 and 4 of the life of a call).
 *
 * @param deps The gate's wiring.
 * @param subject Ids of the record.
 * @param call The atomic actions, a title for messages, what else the record says, and a guard that already refused.
 * @returns The decision; `failure` is set for a deny and for a record that could not be written.
 */
export async function authorize(
  deps: GateDeps,
  subject: RecordSubject,
  call: {
    readonly actions: readonly AtomicAction[];
    readonly title: string;
    readonly facts: Omit<IntentFacts, "front" | "uid" | "policy" | "project">;
    readonly guard: Guard | null;
  },
): Promise<Authorized> {
  // Sources are looked at before each call, so that a tightened policy holds at once.
  await refreshPolicy(deps);
  const { worst: gravest, each } = deps.policy.decideAll(call.actions);
  // Threat: a rule with obligations loses them beside a graver one for another action of the same call.
  const decided = gravest.decision === "deny"
    ? gravest
    : { ...gravest, obligations: joinObligations(each.map(({ obligations }) => obligations)) };
  const pairs: DecidedAction[] = [];
  for (const [index, action] of call.actions.entries()) {
    const verdict = each[index];
    if (verdict !== undefined) pairs.push({ action, verdict });
  }
  const guard = call.guard ?? await bindingGuard(deps, call.actions, call.facts.tool);
  const worst = guard === null || (call.guard === null && decided.decision === "deny") ? decided : guardVerdict(guard);
  const facts = {
    ...call.facts,
    front: deps.front,
    uid: deps.uid,
    policy: deps.policy.generation.digest,
    project: deps.project,
  };
  const intent = await record(deps, intentEvent(subject, { each: pairs, worst }, facts), {
    risky: call.actions.some((action) => !isCalm(action)),
  });
  if (typeof intent !== "number") return { each: pairs, worst, intent: null, failure: intent };
  const leaked = guard?.leaked ?? [];
  const noted = leaked.length === 0
    ? null
    : await record(deps, leakEvent(subject, call.facts.tool, leaked), { risky: false });
  const unrecorded = noted === null || typeof noted === "number" ? null : noted;
  return { each: pairs, worst, intent, failure: unrecorded ?? refusal(call.title, { pairs, worst }, guard) };
}

async function bindingGuard(deps: GateDeps, actions: readonly AtomicAction[], tool: string): Promise<Guard | null> {
  for (const { target } of actions) {
    if (target.kind !== "secret") continue;
    // oxlint-disable-next-line no-await-in-loop -- the first that does not fit decides
    const found = await deps.findBinding(target.handle, secretPlace(target, actions, tool));
    if (!found.ok) return { rule: "floor.unbound-secret", failure: found.failure };
  }
  return null;
}

function guardVerdict(guard: Guard): Verdict {
  return {
    decision: "deny",
    rule: guard.rule,
    layer: guard.rule === null ? null : "floor",
    reason: `${guard.rule === null ? "invalid_target" : "floor"}: ${guard.failure.message}`,
    obligations: NO_OBLIGATIONS,
    approval: null,
    granted: null,
    hint: guard.failure.hint,
  };
}

function refusal(
  title: string,
  { pairs, worst }: { readonly pairs: readonly DecidedAction[]; readonly worst: Verdict },
  guard: Guard | null,
): CallFailure | null {
  if (worst.decision !== "deny") return null;
  if (guard !== null && worst.reason.endsWith(guard.failure.message)) return guard.failure;
  const by = worst.rule === null ? "no rule allows it" : `denied by rule "${worst.rule}" (${worst.layer ?? "policy"})`;
  return {
    code: worst.rule === null ? "POLICY_DEFAULT" : "POLICY_DENY",
    message: `Cannot ${lowerFirst(title)}: ${by}`,
    hint: worst.rule === "session.read-only" ? ONLY_READS : hintFor(pairs, worst) ?? "agentzero policy explain --last",
  };
}

const ONLY_READS = 'the mode "ask" does more: /mode ask in a chat, the list of modes in an editor';

function hintFor(pairs: readonly DecidedAction[], worst: Verdict): string | null {
  const about = pairs.find(({ verdict }) => verdict === worst);
  return about === undefined ? worst.hint : hintOf(worst, about.action);
}
