import type { AuditEvent } from "../../audit/mod.ts";
import {
  type ApprovalPreview,
  type AtomicAction,
  describeTarget,
  type Digest,
  digestOf,
  type IsolationTier,
  USER_LABEL,
  type Verdict,
} from "../../core/mod.ts";
import { consult, isStricterNow, recordGranted, remember } from "../answers.ts";
import { type DecidedAction, offeredScopes, openQuestions } from "../approve.ts";
import { authorize, type Authorized } from "../authorize.ts";
import type { CallFailure } from "../call.ts";
import type { GateDeps } from "../deps.ts";
import { maskedText } from "../masked-text.ts";
import { maskPreview } from "../mask-preview.ts";
import { fromPerson } from "../provenance.ts";
import { record } from "../record.ts";
import { approvalEvent, type RecordSubject, resultEvent } from "../record-events.ts";
import { changed, refusalOf } from "../settle.ts";

/** Something a front door does for the person that is no tool call: an install, one request of a pull. */
export interface Act {
  /** What it is called in the record, e.g. `skill install`. */
  readonly tool: string;
  /** From policy facts, e.g. `Install acme/pdf@1.2.0`. */
  readonly title: string;
  /** Where it happens. */
  readonly tier: IsolationTier;
  /** What is decided. */
  readonly actions: readonly AtomicAction[];
  /** Handles whose values would be delivered. */
  readonly handles: readonly string[];
  /** Bytes that go out or in with it. */
  readonly bytesIn: number;
}

/** How a person answered a question that the front door asked by itself. */
export interface GivenAnswer {
  /** `none`: nobody could be asked. */
  readonly answer: "allow" | "deny" | "none";
  /** `terminal` or `flag`. */
  readonly channel: string;
  /** From the question to the answer. */
  readonly latencyMs: number;
  /** Digest of what was shown. */
  readonly digest: Digest;
}

/** An act that is decided and on record. Every way out of it is recorded, too. */
export interface OpenAct {
  /** The gravest verdict. */
  readonly worst: Verdict;
  /** Why it ends here, or `null` when it may go on. */
  readonly failure: CallFailure | null;
  /** `true` when policy asks and no remembered answer says yes. */
  readonly asks: boolean;
  /** Sequence number of the intent; `null` when it could not be written: then `failure` says so. */
  readonly intent: number | null;
  /** Puts the standard question to the person, if policy asks; gives why it may not go on, or `null`. */
  ask(preview: ApprovalPreview, signal: AbortSignal): Promise<CallFailure | null>;
  /** Records the answer to a question of the front door's own; gives why it may not go on, or `null`. */
  answered(answer: GivenAnswer): Promise<CallFailure | null>;
  /** Records another event that belongs to it, durably; gives why that failed, or `null`. */
  note(event: AuditEvent): Promise<CallFailure | null>;
  /** Records how it ended. */
  end(failure: CallFailure | null, bytesOut: number): Promise<CallFailure | null>;
}

/**
 * Decides an act and records the decision, before anything of it happens.
 *
 * @param deps The gate's wiring.
 * @param act What shall be done.
 * @returns The act; never rejects.
 */
export async function beginAct(deps: GateDeps, act: Act): Promise<OpenAct> {
  const startMs = deps.clock.mono();
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: deps.ids.next("call"),
    parent: null,
    turn: null,
  };
  const authorized = await authorize(deps, subject, {
    actions: act.actions,
    title: act.title,
    guard: null,
    facts: {
      tool: act.tool,
      action: act.tool,
      provenance: fromPerson(USER_LABEL),
      tier: act.tier,
      handles: act.handles,
      bytesIn: act.bytesIn,
    },
  });
  const way: Way = { deps, act, subject, authorized };
  return {
    worst: authorized.worst,
    failure: authorized.failure,
    asks: openQuestions(authorized.each).length > 0,
    intent: authorized.intent,
    ask: (preview, signal) => askPerson(way, preview, signal),
    answered: (answer) => keepAnswer(way, answer),
    note: async (event) => failureIn(await record(deps, { call: subject.call, ...event }, { risky: true })),
    async end(failure, bytesOut): Promise<CallFailure | null> {
      const event = resultEvent(subject, {
        status: statusOf(failure),
        exit: null,
        ms: Math.max(0, Math.round(deps.clock.mono() - startMs)),
        truncated: false,
        error: failure === null ? null : { ...failure, message: maskedText(deps.redactor, failure.message) },
        bytesOut,
        redactions: [],
        sandbox: null,
        tagOut: null,
      });
      return failureIn(await record(deps, event, { risky: false }));
    },
  };
}

interface Way {
  readonly deps: GateDeps;
  readonly act: Act;
  readonly subject: RecordSubject;
  readonly authorized: Authorized;
}

async function askPerson(
  { deps, act, subject, authorized }: Way,
  preview: ApprovalPreview,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const asks = openQuestions(authorized.each);
  if (asks.length === 0) {
    const granted = await recordGranted(deps, subject, authorized.each);
    return typeof granted === "object" ? granted : null;
  }
  const policy = deps.policy.generation.digest;
  const shown = maskPreview(deps.redactor, preview);
  const request = deps.questions.channel === "none" ? null : {
    session: deps.session,
    call: subject.call,
    actor: "person",
    tool: act.tool,
    title: maskedText(deps.redactor, act.title),
    tier: act.tier,
    actions: authorized.each,
    preview: shown,
    tainted: false,
    origins: [],
    handles: act.handles,
    scopes: offeredScopes(asks),
    timeoutMs: Math.min(...asks.map(({ terms }) => terms.timeoutMs)),
    digest: digestOf({
      v: 1,
      session: deps.session,
      call: subject.call,
      tool: act.tool,
      policy,
      preview: shown,
      actions: authorized.each.map(digestible),
    }),
  };
  const answer = await consult(deps, { subject, request, asks, whole: true, signal });
  if (answer.kind === "failed") return answer.failure;
  if (answer.kind === "no") return refusalOf(act.title, answer.consent, authorized.worst);
  if (await isStricterNow(deps, { policy, decided: authorized.each })) return changed(act.title);
  await remember(deps, asks, answer.scope);
  return null;
}

function digestible({ action, verdict }: DecidedAction): Readonly<Record<string, unknown>> {
  const { capability, target } = action;
  return { capability, target: describeTarget(target), decision: verdict.decision, rule: verdict.rule };
}

async function keepAnswer(
  { deps, act, subject, authorized }: Way,
  { answer, channel, latencyMs, digest }: GivenAnswer,
): Promise<CallFailure | null> {
  const consent = answer === "allow"
    ? { kind: "allowed", scope: "package", only: null, latencyMs } as const
    : { kind: "refused", why: answer === "none" ? "nobody" : "no", message: null, latencyMs } as const;
  const failure = failureIn(
    await record(deps, approvalEvent(subject, consent, { channel, digest }), { risky: true }),
  );
  if (failure !== null || answer !== "allow") return failure;
  // Threat: the world changed while a person was thinking.
  const policy = authorized.worst.decision === "deny" ? null : deps.policy.generation.digest;
  if (policy === null || await isStricterNow(deps, { policy, decided: authorized.each })) return changed(act.title);
  return null;
}

function failureIn(written: number | CallFailure): CallFailure | null {
  return typeof written === "number" ? null : written;
}

function statusOf(failure: CallFailure | null): "ok" | "error" | "denied" | "timeout" | "cancelled" {
  if (failure === null) return "ok";
  if (failure.code === "LIMIT_TIME") return "timeout";
  if (failure.code === "CANCELLED") return "cancelled";
  return failure.code.startsWith("APPROVAL_") || failure.code.startsWith("POLICY_") ? "denied" : "error";
}
