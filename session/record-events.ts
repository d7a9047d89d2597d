import type { AuditEvent, Front } from "../audit/mod.ts";
import {
  type AtomicAction,
  type CallId,
  describeTarget,
  type ExecutionId,
  type IsolationTier,
  type Target,
  type Verdict,
} from "../core/mod.ts";
import type { Redaction } from "../core/mod.ts";
import { compareVerdicts, placeText } from "../policy/mod.ts";
import type { Consent, DecidedAction } from "./approve.ts";
import type { CallFailure } from "./call.ts";
import { gravest } from "./gravest.ts";
import type { Provenance } from "./provenance.ts";

/** What identifies a call in each of its records. */
export interface RecordSubject {
  readonly execution: ExecutionId;
  readonly call: CallId;
  readonly parent: ExecutionId | null;
  readonly turn: number | null;
}

/** Fields of an intent beyond what the decisions say. */
export interface IntentFacts {
  readonly tool: string;
  /** The step as people call it, e.g. `shell` or `keep changes`. */
  readonly action: string;
  readonly provenance: Provenance;
  readonly front: Front;
  readonly uid: number;
  readonly tier: IsolationTier;
  readonly policy: string;
  /** Real path of the project: a command that starts elsewhere is recorded with its folder. */
  readonly project: string;
  readonly handles: readonly string[];
  readonly bytesIn: number;
  readonly model?: AuditEvent["model"];
  /** On whose behalf; taken from the actions where it is absent. */
  readonly skill?: AuditEvent["skill"];
}

/**
 * Builds the record that stands before everything else: what is wanted and what policy says.
 *
 * @param subject Ids.
 * @param decided Atomic actions with their verdicts.
 * @param facts The rest.
 * @returns The event, not yet masked or capped.
 */
export function intentEvent(
  subject: RecordSubject,
  decided: { readonly each: readonly DecidedAction[]; readonly worst: Verdict },
  facts: IntentFacts,
): AuditEvent {
  const lead = leadAction(decided.each);
  return {
    event: "intent",
    execution_id: subject.execution,
    call: subject.call,
    parent_id: subject.parent,
    turn: subject.turn,
    actor: { uid: facts.uid, front: facts.front },
    ...(facts.model === undefined ? {} : { model: facts.model }),
    ...skillOf(decided.each, facts),
    action: facts.action,
    tool: facts.tool,
    capability: lead?.capability ?? null,
    classification: lead === null ? null : gravest(lead.classes),
    actions: decided.each.map(({ action, verdict }) => ({
      capability: action.capability,
      target: recordedTarget(action.target, facts.project),
      classification: gravest(action.classes),
      decision: verdict.decision,
      rule: verdict.rule,
      layer: verdict.layer,
    })),
    decision: decided.worst.decision,
    rule: decided.worst.rule,
    layer: decided.worst.layer,
    reason: decided.worst.reason,
    policy: facts.policy,
    obligations: {
      redact: [...decided.worst.obligations.redact],
      max_bytes: decided.worst.obligations.max_bytes,
      met: null,
    },
    tainted: decided.each.some(({ action }) => action.tainted),
    sources: [...facts.provenance.label.sources],
    runtime: facts.tier,
    secret_handles: [...facts.handles],
    bytes_in: facts.bytesIn,
  };
}

function skillOf(
  decided: readonly DecidedAction[],
  facts: IntentFacts,
): Pick<AuditEvent, "skill"> {
  if (facts.skill !== undefined) return { skill: facts.skill };
  const actor = decided.find(({ action }) => action.skill !== null)?.action.skill ?? null;
  if (actor === null) return {};
  const { id, version, publisher, digest } = actor;
  return { skill: { id, version, publisher, digest } };
}

/**
 * Builds the record of a question and its answer.
 *
 * @param subject Ids.
 * @param consent How it was settled.
 * @param question Channel and digest of the question.
 * @returns The event.
 */
export function approvalEvent(
  subject: RecordSubject,
  consent: Exclude<Consent, { kind: "unasked" }>,
  question: { readonly channel: string; readonly digest: string | null },
): AuditEvent {
  return {
    event: "approval",
    execution_id: subject.execution,
    call: subject.call,
    parent_id: subject.parent,
    turn: subject.turn,
    approval: {
      scope: consent.kind === "refused" ? (consent.why === "never" ? "never" : null) : consent.scope,
      answer: answerWord(consent),
      channel: consent.kind === "granted" ? "grant" : question.channel,
      latency_ms: consent.kind === "granted" ? 0 : consent.latencyMs,
      digest: question.digest,
    },
  };
}

function answerWord(consent: Exclude<Consent, { kind: "unasked" }>): "allow" | "deny" | "timeout" | "none" {
  if (consent.kind !== "refused") return "allow";
  switch (consent.why) {
    case "timeout":
      return "timeout";
    case "nobody":
    case "cancelled":
    case "broken":
    case "rate":
      return "none";
    case "no":
    case "never":
    case "changed":
      return "deny";
    default:
      return consent.why satisfies never;
  }
}

/** How a run ended, for its record. */
export interface ResultFacts {
  readonly status: "ok" | "error" | "denied" | "timeout" | "cancelled";
  readonly exit: number | null;
  readonly ms: number;
  readonly truncated: boolean;
  readonly error: CallFailure | null;
  readonly bytesOut: number;
  readonly redactions: readonly Redaction[];
  readonly sandbox: string | null;
  readonly tagOut: string | null;
  /** What the decision asked to be done to the data, and whether it was. */
  readonly obligations?: AuditEvent["obligations"];
  /** Where a request went and what came back. */
  readonly network?: AuditEvent["network"];
  readonly changes?: readonly {
    readonly path: string;
    readonly kind: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

/**
 * Builds the record that stands after a run.
 *
 * @param subject Ids.
 * @param facts How it ended.
 * @returns The event.
 */
export function resultEvent(subject: RecordSubject, facts: ResultFacts): AuditEvent {
  return {
    event: "result",
    execution_id: subject.execution,
    call: subject.call,
    parent_id: subject.parent,
    turn: subject.turn,
    sandbox: facts.sandbox,
    redactions: facts.redactions.map(({ class: name, count, by }) => ({ class: name, count, by })),
    bytes_out: facts.bytesOut,
    tag_out: facts.tagOut,
    ...(facts.obligations == null ? {} : { obligations: facts.obligations }),
    ...(facts.network == null ? {} : { network: facts.network }),
    ...(facts.changes === undefined ? {} : { changes: facts.changes }),
    result: {
      status: facts.status,
      exit: facts.exit,
      ms: facts.ms,
      truncated: facts.truncated,
      error: facts.error === null ? null : { code: facts.error.code, message: facts.error.message },
    },
  };
}

function recordedTarget(target: Target, project: string): string {
  return target.kind === "command" ? placeText(target, project) : describeTarget(target);
}

// The action that a record is filed under: the one whose verdict is reported.
function leadAction(decided: readonly DecidedAction[]): AtomicAction | null {
  let lead: DecidedAction | null = null;
  for (const entry of decided) {
    if (lead === null || compareVerdicts(entry.verdict, lead.verdict) < 0) lead = entry;
  }
  return lead?.action ?? null;
}
