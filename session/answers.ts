import type { AuditEvent } from "../audit/mod.ts";
import { AgentZeroError, type ApprovalRequest, type AtomicAction, describeTarget, type Digest } from "../core/mod.ts";
import { type AskedConsent, type DecidedAction, type GrantScope, openQuestions } from "./approve.ts";
import type { CallFailure, Proposal } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import { maskDecided } from "./mask-decided.ts";
import { record } from "./record.ts";
import { approvalEvent, type RecordSubject } from "./record-events.ts";
import { refreshPolicy } from "./refresh-policy.ts";

/** How a question ended, on record. */
export type Answered =
  /** `only` names the chosen changes; `null` is all of them. */
  | { readonly kind: "yes"; readonly scope: GrantScope; readonly only: readonly string[] | null }
  | { readonly kind: "no"; readonly consent: Extract<AskedConsent, { kind: "refused" }> }
  /** The answer could not be recorded: as if nobody had answered. */
  | { readonly kind: "failed"; readonly failure: CallFailure };

/** One question about decided actions. */
export interface Consultation {
  readonly subject: RecordSubject;
  /** What is asked; `null` where nobody can be asked anyway. */
  readonly request: ApprovalRequest | null;
  /** The asking actions, for an answer that is to be remembered. */
  readonly asks: readonly DecidedAction[];
  /** `false`: the person may choose some of the changes that are shown. */
  readonly whole: boolean;
  /** Says which question of its reply this is; absent where it stands alone. */
  readonly position?: Proposal["position"] | undefined;
  readonly signal: AbortSignal;
}

/**
 * Puts one question to the person and records the answer before anything rests on it. A *never* is remembered at once.
 *
 * @param deps The gate's wiring.
 * @param consultation The question.
 * @returns The answer; never rejects.
 */
export async function consult(deps: GateDeps, consultation: Consultation): Promise<Answered> {
  const { subject, request, asks, whole, signal } = consultation;
  if (request === null) deps.questions.missed(asks.map(({ action }) => action));
  const shown = request === null ? null : await presented(deps, request, consultation);
  if (shown !== null && "code" in shown) return { kind: "failed", failure: shown };
  const consent: AskedConsent = shown === null
    ? { kind: "refused", why: "nobody", message: null, latencyMs: 0 }
    : chosen(shown, await deps.questions.ask(shown, signal), whole);
  const event = approvalEvent(subject, consent, {
    channel: deps.questions.channel,
    digest: request?.digest ?? null,
  });
  const written = await record(deps, event, { risky: true });
  if (consent.kind === "refused" && consent.why === "never") await remember(deps, asks, "never");
  if (typeof written !== "number") return { kind: "failed", failure: written };
  if (consent.kind === "refused") return { kind: "no", consent };
  return { kind: "yes", scope: consent.scope, only: consent.only };
}

/** The question as the channel gets it: masked, with its place among those of its reply. */
async function presented(
  deps: GateDeps,
  request: ApprovalRequest,
  { whole, position }: Consultation,
): Promise<ApprovalRequest | CallFailure> {
  try {
    const shown = { ...request, actions: maskDecided(deps.redactor, request.actions), whole };
    return position === undefined ? shown : { ...shown, position: await position() };
  } catch {
    return { code: "REDACTION_FAILED", message: "Cannot ask about it: masking failed", hint: "run agentzero doctor" };
  }
}

/**
 * Records that a remembered answer stands for a new one.
 *
 * @param deps The gate's wiring.
 * @param subject Ids of the record.
 * @param decided The decided actions.
 * @returns The scope of the answer, `null` when none was needed, or why it could not be recorded.
 */
export async function recordGranted(
  deps: GateDeps,
  subject: RecordSubject,
  decided: readonly DecidedAction[],
): Promise<GrantScope | null | CallFailure> {
  for (const { verdict: { decision, granted } } of decided) {
    if (decision !== "requires_approval" || granted === null) continue;
    const event = approvalEvent(subject, { kind: "granted", scope: granted }, { channel: "grant", digest: null });
    // oxlint-disable-next-line no-await-in-loop -- the first one stands for all
    const written = await record(deps, event, { risky: true });
    return typeof written === "number" ? granted : written;
  }
  return null;
}

/**
 * Keeps an answer for later. That it cannot be kept does not take the answer back: it then counts this once.
 *
 * @param deps The gate's wiring.
 * @param asks What was asked.
 * @param scope How far the answer reaches.
 */
export async function remember(
  deps: GateDeps,
  asks: readonly DecidedAction[],
  scope: GrantScope | "never",
): Promise<void> {
  if (scope === "once") return;
  for (const { action, terms } of openQuestions(asks)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one file holds them all
      await deps.policy.remember({ action, terms, scope, by: deps.questions.channel });
      // oxlint-disable-next-line no-await-in-loop -- in the order they were stored
      await record(deps, grantEvent(action, scope, deps.questions.channel), { risky: false });
    } catch (cause) {
      const code = cause instanceof AgentZeroError ? cause.code : "STATE_WRITE";
      const text = scope === "never"
        ? "Your answer could not be stored: it counts for this call only"
        : "Your answer could not be stored: it counts this once";
      deps.emit({ type: "notice", level: "warning", code, text });
      return;
    }
  }
}

function grantEvent(action: AtomicAction, scope: GrantScope | "never", channel: string): AuditEvent {
  const answer = scope === "never" ? "deny" : "allow";
  return {
    event: "grant.change",
    capability: action.capability,
    actions: [{ capability: action.capability, target: describeTarget(action.target), decision: answer }],
    approval: { scope, answer, channel },
    reason: scope === "never" ? "this is not asked again: the answer is no" : `this is not asked again: ${scope}`,
  };
}

/**
 * Tells whether what policy says got stricter while a question was open: an edited file, a *never* from another session,
 * a switch to reading only.
 *
 * @param deps The gate's wiring.
 * @param before What the question rested on.
 * @returns `true` when the answer no longer counts.
 */
export async function isStricterNow(
  deps: Pick<GateDeps, "policy" | "audit">,
  before: { readonly policy: Digest; readonly decided: readonly DecidedAction[] },
): Promise<boolean> {
  await refreshPolicy(deps);
  if (deps.policy.generation.digest !== before.policy) return true;
  return before.decided.some(({ action, verdict }) => {
    const now = deps.policy.decide(action);
    if (now.decision === "deny") return verdict.decision !== "deny";
    // What was asked may be asked still; what needed no question may not need one now.
    const asksNow = now.decision === "requires_approval" && now.granted === null;
    const asked = verdict.decision === "requires_approval";
    return asksNow && !asked;
  });
}

// Threat: a person who chose none of the shown changes, or not this one, has not said yes.
function chosen(request: ApprovalRequest, consent: AskedConsent, whole: boolean): AskedConsent {
  if (consent.kind === "refused" || consent.only === null) return consent;
  const { only } = consent;
  const shown = request.preview.kind === "changes" ? request.preview.changes.map(({ path }) => path) : [];
  const kept = shown.filter((path) => only.includes(path));
  if (kept.length === 0 || (whole && kept.length < shown.length)) {
    return { kind: "refused", why: "no", message: null, latencyMs: consent.latencyMs };
  }
  return { ...consent, only: kept.length === shown.length ? null : kept };
}
