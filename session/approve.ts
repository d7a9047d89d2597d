import {
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
import { scopesFor } from "../policy/mod.ts";
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
 * Lists the scopes that may be offered for a question: those that each of its actions can be remembered with.
 *
 * @param asks The asking actions of one question.
 * @returns Scopes from narrow to wide; at least `once`.
 */
export function offeredScopes(asks: readonly DecidedAction[]): readonly GrantScope[] {
  let offered: readonly GrantScope[] | null = null;
  for (const { action, verdict } of asks) {
    const own: readonly GrantScope[] = verdict.approval === null ? ["once"] : scopesFor(action, verdict.approval);
    offered = offered === null ? own : offered.filter((scope) => own.includes(scope));
  }
  return offered ?? ["once"];
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

/** How a question that was put ended. */
export type AskedConsent = Extract<Consent, { kind: "allowed" | "refused" }>;

/** The one place where people are asked: one question at a time, at most twenty a minute. */
export interface QuestionDesk {
  readonly channel: string;
  /** Asks and compares the digest that was on the screen. Never rejects. */
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<AskedConsent>;
  /** Takes what nobody could be asked. */
  missed(asks: readonly AtomicAction[]): void;
  /** How long people were waited for so far, an open question included, in milliseconds. */
  waitedMs(): number;
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
  let waited = 0;
  let openSince: number | null = null;

  async function put(request: ApprovalRequest, signal: AbortSignal): Promise<AskedConsent> {
    const start = ports.clock.mono();
    while (asked.length > 0 && start - (asked[0] ?? start) > MINUTE_MS) asked.shift();
    // Threat: a model that wears a person out with questions until one is answered by reflex.
    if (asked.length >= MAX_QUESTIONS_PER_MINUTE) {
      return { kind: "refused", why: "rate", message: null, latencyMs: 0 };
    }
    asked.push(start);
    openSince = start;
    const answer = await answerInTime(approver, ports.timers, { request, signal });
    openSince = null;
    const latency = ports.clock.mono() - start;
    waited += latency;
    const latencyMs = Math.round(latency);
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
    ask(request, signal): Promise<AskedConsent> {
      const turn = queue.then(() => put(request, signal));
      queue = turn.catch(() => undefined);
      return turn;
    },
    missed: (asks) => approver.missed?.(asks),
    waitedMs: () => waited + (openSince === null ? 0 : ports.clock.mono() - openSince),
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
