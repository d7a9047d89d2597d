import {
  APPROVAL_SCOPES,
  type ApprovalAnswer,
  type ApprovalRequest,
  type ApprovalScope,
  type ApprovalTerms,
  type Approver,
  type AtomicAction,
  type Clock,
  describeTarget,
  type Digest,
  digestOf,
  type Timers,
  type Verdict,
} from "../core/mod.ts";
import type { Proposal } from "./call.ts";

/** A scope that a yes can have. */
export type GrantScope = Exclude<ApprovalScope, "never">;

/** An atomic action and what policy says of it. */
export interface DecidedAction {
  readonly action: AtomicAction;
  readonly verdict: Verdict;
}

const MAX_QUESTIONS_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * Lists the scopes that may be offered for a question: none is wider than the narrowest rule that asks.
 *
 * @param asks The asking actions of one question.
 * @returns Scopes from narrow to wide; at least `once`.
 */
export function offeredScopes(asks: readonly DecidedAction[]): readonly GrantScope[] {
  const order = ["once", "session", "project"] as const;
  let widest: number = order.length - 1;
  for (const { verdict } of asks) {
    const scope = verdict.approval?.maxScope ?? "once";
    // `package` and `project` are equally wide; which of the two is meant depends on who acts.
    widest = Math.min(widest, scope === "package" ? 2 : order.indexOf(scope));
  }
  const scopes: GrantScope[] = order.slice(0, widest + 1);
  const all = asks.length > 0 && asks.every(({ action }) => action.skill !== null);
  if (all && widest === 2) scopes.push("package");
  return scopes;
}

/**
 * Digests exactly what an approval covers, so that a yes to one thing cannot start another.
 *
 * @param subject The call, its decided actions, the effect and the file states.
 * @returns The digest that question, answer and run share.
 */
export function approvalDigest(subject: {
  readonly session: string;
  readonly proposal: Proposal;
  readonly decided: readonly DecidedAction[];
  readonly effect: Digest;
  readonly handles: readonly string[];
  readonly before: string | null;
  readonly after: string | null;
  readonly policy: Digest;
}): Digest {
  const { proposal, decided, ...rest } = subject;
  return digestOf({
    v: 1,
    ...rest,
    handles: [...subject.handles],
    call: proposal.call,
    actor: proposal.provenance.actor,
    tool: proposal.tool,
    actions: decided.map(({ action, verdict }) => ({
      capability: action.capability,
      target: describeTarget(action.target),
      tainted: action.tainted,
      decision: verdict.decision,
      rule: verdict.rule,
    })),
  });
}

/** How a question was settled. */
export type Consent =
  | { readonly kind: "unasked" }
  | { readonly kind: "granted"; readonly scope: GrantScope }
  | {
    readonly kind: "allowed";
    readonly scope: GrantScope;
    readonly only: readonly string[] | null;
    readonly latencyMs: number;
  }
  | {
    readonly kind: "refused";
    readonly why: Extract<ApprovalAnswer, { kind: "refused" }>["why"] | "rate" | "changed";
    readonly message: string | null;
    readonly latencyMs: number;
  };

/** The one place where people are asked: one question at a time, at most twenty a minute. */
export interface QuestionDesk {
  readonly channel: string;
  /** Asks and compares the digest that was on the screen. Never rejects. */
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<Consent>;
}

/**
 * Creates the desk in front of an approver.
 *
 * @param approver The trusted channel.
 * @param ports Clock for latency and rate, timers for the deadline.
 * @returns The desk.
 */
export function createQuestionDesk(
  approver: Approver,
  ports: { readonly clock: Clock; readonly timers: Timers },
): QuestionDesk {
  const asked: number[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  async function put(request: ApprovalRequest, signal: AbortSignal): Promise<Consent> {
    const start = ports.clock.mono();
    while (asked.length > 0 && start - (asked[0] ?? start) > MINUTE_MS) asked.shift();
    // Threat: a model that wears a person out with questions until one is answered by reflex.
    if (asked.length >= MAX_QUESTIONS_PER_MINUTE) {
      return { kind: "refused", why: "rate", message: null, latencyMs: 0 };
    }
    asked.push(start);
    const answer = await answerInTime(approver, ports.timers, { request, signal });
    const latencyMs = Math.round(ports.clock.mono() - start);
    if (answer.kind === "refused") return { ...answer, latencyMs };
    // A yes that raced with the cancel came too late.
    if (signal.aborted) return { kind: "refused", why: "cancelled", message: null, latencyMs };
    // Threat: an answer for another question, or for a scope that was never offered.
    if (answer.subject !== request.digest || !request.scopes.includes(answer.scope)) {
      return { kind: "refused", why: "changed", message: null, latencyMs };
    }
    return { kind: "allowed", scope: answer.scope, only: answer.only, latencyMs };
  }

  return {
    channel: approver.channel,
    ask(request, signal): Promise<Consent> {
      const turn = queue.then(() => put(request, signal));
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function answerInTime(
  approver: Approver,
  timers: Timers,
  question: { readonly request: ApprovalRequest; readonly signal: AbortSignal },
): Promise<ApprovalAnswer> {
  const { request, signal } = question;
  if (signal.aborted) return { kind: "refused", why: "cancelled", message: null };
  const deadline = new AbortController();
  const stop = timers.after(request.timeoutMs, () => deadline.abort());
  const either = AbortSignal.any([signal, deadline.signal]);
  const aborted = new Promise<ApprovalAnswer>((resolve) => {
    either.addEventListener("abort", () => {
      resolve({ kind: "refused", why: signal.aborted ? "cancelled" : "timeout", message: null });
    }, { once: true });
  });
  try {
    // An approver that never answers must not hold the call for ever: the deadline answers no.
    return await Promise.race([approver.ask(request, either), aborted]);
  } catch {
    return { kind: "refused", why: "broken", message: null };
  } finally {
    stop();
  }
}

/**
 * Says whether `scope` is at least as wide as a remembered grant needs to be stored.
 *
 * @param scope Scope of an answer.
 * @returns `true` for everything but `once`.
 */
export function isRemembered(scope: ApprovalScope): boolean {
  return scope !== "once" && APPROVAL_SCOPES.includes(scope);
}

/**
 * Collects the approval terms of the asking actions.
 *
 * @param decided Decided actions of a call.
 * @returns Those that still need an answer, with their terms.
 */
export function openQuestions(
  decided: readonly DecidedAction[],
): readonly (DecidedAction & { readonly terms: ApprovalTerms })[] {
  const open: (DecidedAction & { readonly terms: ApprovalTerms })[] = [];
  for (const { action, verdict } of decided) {
    if (verdict.decision === "requires_approval" && verdict.granted === null && verdict.approval !== null) {
      open.push({ action, verdict, terms: verdict.approval });
    }
  }
  return open;
}
