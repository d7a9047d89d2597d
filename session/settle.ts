import { AgentZeroError, type ApprovalRequest, type Digest, type Verdict } from "../core/mod.ts";
import { specDigest } from "../sandbox/mod.ts";
import {
  approvalDigest,
  type Consent,
  type GrantScope,
  isRemembered,
  offeredScopes,
  openQuestions,
} from "./approve.ts";
import { record } from "./authorize.ts";
import type { Approved, CallFailure } from "./call.ts";
import type { PermitGround } from "./effects.ts";
import { createLook } from "./look.ts";
import type { Passage } from "./passage.ts";
import { approvalEvent } from "./record.ts";
import type { Prepared } from "./tools/tool.ts";

/** Whether a decided call may run, exactly what runs, and who said so. */
export type Settled =
  | { readonly kind: "go"; readonly prepared: Prepared; readonly approved: Approved }
  /** Something broke on the way: a result record follows. */
  | { readonly kind: "failed"; readonly failure: CallFailure; readonly approved: Approved }
  /** Nobody allowed it: the approval record is final. */
  | { readonly kind: "refused"; readonly failure: CallFailure; readonly approved: Approved };

const CHANGED: CallFailure = {
  code: "APPROVAL_CHANGED",
  message: "Cannot run: what would happen changed between the question and the answer",
  hint: "propose the call again",
};

/**
 * Asks where policy asks, bound to a digest of exactly what would run (step 5 of the life of a call).
 *
 * @param passage A call whose decision is on record and is not a deny.
 * @param intent Sequence number of that record.
 * @returns Whether it may run.
 */
export async function settle(passage: Passage, intent: number): Promise<Settled> {
  const { deps, proposal, authorized, subject } = passage;
  const asks = openQuestions(authorized.each);
  if (asks.length > 0 && deps.questions.channel === "none") {
    return await refuse(passage, { kind: "refused", why: "nobody", message: null, latencyMs: 0 }, null);
  }
  const ground = { call: proposal.call, intent };
  const prepared = await prepare(passage, ground);
  if (!("effect" in prepared)) return { kind: "failed", failure: prepared, approved: null };
  if (asks.length === 0) return await settleGranted(passage, prepared);

  const digest = digestFor(passage, prepared);
  const consent = await deps.questions.ask(question(passage, prepared, digest), proposal.signal);
  if (consent.kind !== "allowed") return await refuse(passage, consent, digest);
  const event = approvalEvent(subject, consent, { channel: deps.questions.channel, digest });
  const written = await record(deps, event, { risky: true });
  if (typeof written !== "number") return { kind: "failed", failure: written, approved: null };

  // Threat: the world changed between question and answer. Plan again; another digest is another question.
  deps.policy.refresh();
  const again = await prepare(passage, ground);
  if (!("effect" in again) || digestFor(passage, again) !== digest) {
    return { kind: "refused", failure: CHANGED, approved: "no" };
  }
  if (isRemembered(consent.scope)) {
    for (const { action, terms } of asks) {
      await deps.policy.remember({ action, terms, scope: consent.scope, by: "person" });
    }
  }
  return { kind: "go", prepared: again, approved: consent.scope };
}

// A remembered grant answers the question; the record says so.
async function settleGranted(passage: Passage, prepared: Prepared): Promise<Settled> {
  const scope = grantedScope(passage);
  if (scope === null) return { kind: "go", prepared, approved: null };
  const event = approvalEvent(passage.subject, { kind: "granted", scope }, { channel: "grant", digest: null });
  const written = await record(passage.deps, event, { risky: true });
  if (typeof written !== "number") return { kind: "failed", failure: written, approved: null };
  return { kind: "go", prepared, approved: scope };
}

async function refuse(passage: Passage, consent: Consent, digest: Digest | null): Promise<Settled> {
  const { deps, subject, authorized, plan } = passage;
  if (consent.kind !== "refused") return { kind: "failed", failure: CHANGED, approved: null };
  const event = approvalEvent(subject, consent, { channel: deps.questions.channel, digest });
  const written = await record(deps, event, { risky: true });
  if (typeof written !== "number") return { kind: "failed", failure: written, approved: null };
  if (consent.why === "never") {
    for (const { action, terms } of openQuestions(authorized.each)) {
      await deps.policy.remember({ action, terms, scope: "never", by: "person" });
    }
  }
  return {
    kind: "refused",
    failure: refusalOf(plan.title, consent, authorized.worst),
    approved: consent.why === "nobody" || consent.why === "never" ? consent.why : "no",
  };
}

async function prepare(passage: Passage, ground: PermitGround): Promise<Prepared | CallFailure> {
  try {
    return await passage.plan.prepare(createLook(passage, ground));
  } catch (cause) {
    if (cause instanceof AgentZeroError) {
      return { code: cause.code, message: cause.message, hint: cause.hint ?? null };
    }
    return { code: "PLAN_FAILED", message: `Cannot ${passage.plan.title}: preparing it failed`, hint: null };
  }
}

function digestFor(passage: Passage, prepared: Prepared): Digest {
  return approvalDigest({
    session: passage.deps.session,
    proposal: passage.proposal,
    decided: passage.authorized.each,
    effect: specDigest(prepared.effect.spec),
    handles: passage.plan.handles,
    before: prepared.before,
    after: prepared.after,
    policy: passage.deps.policy.generation.digest,
  });
}

function question(passage: Passage, prepared: Prepared, digest: Digest): ApprovalRequest {
  const { deps, proposal, plan, authorized } = passage;
  const asks = openQuestions(authorized.each);
  return {
    session: deps.session,
    call: proposal.call,
    actor: proposal.provenance.actor,
    tool: proposal.tool,
    title: plan.title,
    tier: plan.tier,
    actions: authorized.each,
    preview: prepared.preview,
    tainted: authorized.each.some(({ action }) => action.tainted),
    origins: proposal.provenance.label.sources,
    handles: plan.handles,
    scopes: offeredScopes(asks),
    timeoutMs: Math.min(...asks.map(({ terms }) => terms.timeoutMs)),
    digest,
  };
}

function grantedScope(passage: Passage): GrantScope | null {
  for (const { verdict } of passage.authorized.each) {
    if (verdict.decision === "requires_approval" && verdict.granted !== null) return verdict.granted;
  }
  return null;
}

/**
 * Says why nobody allowed a call.
 *
 * @param title What was asked.
 * @param consent The refusal.
 * @param worst The verdict that asked.
 * @returns Code, message and hint.
 */
export function refusalOf(
  title: string,
  consent: Extract<Consent, { kind: "refused" }>,
  worst: Verdict,
): CallFailure {
  const what = `Cannot ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
  switch (consent.why) {
    case "nobody":
      return {
        code: "APPROVAL_NOBODY",
        message: `${what}: rule "${worst.rule ?? ""}" asks for approval and nobody can be asked here`,
        hint: "use --approve, an interactive session, or a rule that allows it",
      };
    case "timeout":
      return { code: "APPROVAL_TIMEOUT", message: `${what}: nobody answered in time`, hint: "propose it again" };
    case "rate":
      return {
        code: "APPROVAL_RATE",
        message: `${what}: too many questions within a minute`,
        hint: "wait a minute, or write a narrower rule",
      };
    case "changed":
      return CHANGED;
    case "cancelled":
      return { code: "CANCELLED", message: `${what}: cancelled`, hint: null };
    case "no":
    case "never":
    case "broken":
      return {
        code: "APPROVAL_REFUSED",
        message: consent.message === null
          ? `${what}: the person said no`
          : `${what}: the person said no: ${consent.message}`,
        hint: null,
      };
    default:
      return consent.why satisfies never;
  }
}
