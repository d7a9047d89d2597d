import { AgentZeroError, type ApprovalRequest, type Digest, type Verdict } from "../core/mod.ts";
import { specDigest } from "../sandbox/mod.ts";
import { type Answered, consult, isStricterNow, recordGranted, remember } from "./answers.ts";
import { approvalDigest, type AskedConsent, offeredScopes, openQuestions } from "./approve.ts";
import type { Approved, CallFailure } from "./call.ts";
import type { PermitGround } from "./effects.ts";
import { createLook } from "./look.ts";
import { maskPreview } from "./mask-preview.ts";
import { lowerFirst } from "./lower-first.ts";
import type { Passage } from "./passage.ts";
import { redactRequest } from "./redact-request.ts";
import type { Prepared } from "./tools/tool.ts";

/** Whether a decided call may run, exactly what runs, and who said so. */
export type Settled =
  | { readonly kind: "go"; readonly prepared: Prepared; readonly approved: Approved }
  /** Something broke on the way: a result record follows. */
  | { readonly kind: "failed"; readonly failure: CallFailure; readonly approved: Approved }
  /** Nobody allowed it: the approval record is final. */
  | { readonly kind: "refused"; readonly failure: CallFailure; readonly approved: Approved };

/**
 * Says that an answer came for something else.
 *
 * @param title What was asked.
 * @returns The failure.
 */
export function changed(title: string): CallFailure {
  return {
    code: "APPROVAL_CHANGED",
    message: `Cannot ${lowerFirst(title)}: what would happen changed between the question and the answer`,
    hint: "propose the call again",
  };
}

/**
 * Asks where policy asks, bound to a digest of exactly what would run (step 5 of the life of a call).
 *
 * @param passage A call whose decision is on record and is not a deny.
 * @param intent Sequence number of that record.
 * @returns Whether it may run.
 */
export async function settle(passage: Passage, intent: number): Promise<Settled> {
  const { deps, proposal, authorized, plan, subject } = passage;
  const asks = openQuestions(authorized.each);
  const { signal } = proposal;
  if (asks.length > 0 && deps.questions.channel === "none") {
    return refused(passage, await consult(deps, { subject, request: null, asks, whole: true, signal }));
  }
  const ground = { call: proposal.call, intent };
  const prepared = await prepare(passage, ground);
  if (!("effect" in prepared)) return { kind: "failed", failure: prepared, approved: null };
  if (asks.length === 0) {
    const scope = await recordGranted(deps, subject, authorized.each);
    if (typeof scope === "object" && scope !== null) return { kind: "failed", failure: scope, approved: null };
    return { kind: "go", prepared, approved: scope };
  }

  const policy = deps.policy.generation.digest;
  const request = question(passage, prepared, asks);
  if (!("digest" in request)) return { kind: "failed", failure: request, approved: null };
  const { position } = proposal;
  const answer = await consult(deps, { subject, request, asks, whole: true, position, signal });
  if (answer.kind !== "yes") return refused(passage, answer);

  // Threat: the world changed between question and answer. Plan again; another digest is another question.
  if (await isStricterNow(deps, { policy, decided: authorized.each })) {
    return { kind: "failed", failure: changed(plan.title), approved: "no" };
  }
  const again = await prepare(passage, ground);
  if (!("effect" in again) || digestFor(passage, again) !== request.digest) {
    return { kind: "failed", failure: changed(plan.title), approved: "no" };
  }
  await remember(deps, asks, answer.scope);
  return { kind: "go", prepared: again, approved: answer.scope };
}

function refused(passage: Passage, answer: Answered): Settled {
  if (answer.kind === "failed") return { kind: "failed", failure: answer.failure, approved: null };
  if (answer.kind === "yes") return { kind: "failed", failure: changed(passage.plan.title), approved: "no" };
  const { consent } = answer;
  return {
    kind: "refused",
    failure: consent.why === "nobody" && passage.plan.unasked !== undefined
      ? passage.plan.unasked
      : refusalOf(passage.plan.title, consent, passage.authorized.worst),
    approved: approvedOf(consent),
  };
}

/**
 * Says how a refusal stands in the JSON contract.
 *
 * @param consent The refusal.
 * @returns `nobody`, `never` or `no`.
 */
export function approvedOf(consent: Extract<AskedConsent, { kind: "refused" }>): "nobody" | "never" | "no" {
  return consent.why === "nobody" || consent.why === "never" ? consent.why : "no";
}

async function prepare(passage: Passage, ground: PermitGround): Promise<Prepared | CallFailure> {
  try {
    return await redactRequest(passage, await passage.plan.prepare(createLook(passage, ground)));
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

function question(
  passage: Passage,
  prepared: Prepared,
  asks: ReturnType<typeof openQuestions>,
): ApprovalRequest | CallFailure {
  const { deps, proposal, plan, authorized } = passage;
  try {
    return {
      session: deps.session,
      call: proposal.call,
      actor: proposal.provenance.actor,
      tool: proposal.tool,
      title: deps.redactor.mask(plan.title).text,
      tier: plan.tier,
      actions: authorized.each,
      preview: maskPreview(deps.redactor, prepared.preview),
      tainted: authorized.each.some(({ action }) => action.tainted),
      origins: proposal.provenance.label.sources.map((source) => deps.redactor.mask(source).text),
      handles: plan.handles,
      scopes: offeredScopes(asks),
      timeoutMs: Math.min(...asks.map(({ terms }) => terms.timeoutMs)),
      digest: digestFor(passage, prepared),
    };
  } catch {
    return { code: "REDACTION_FAILED", message: `Cannot ask about it: masking failed`, hint: "run agentzero doctor" };
  }
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
  consent: Extract<AskedConsent, { kind: "refused" }>,
  worst: Verdict,
): CallFailure {
  const what = `Cannot ${lowerFirst(title)}`;
  const rule = `rule "${worst.rule ?? ""}" (${worst.layer ?? "policy"})`;
  switch (consent.why) {
    case "nobody":
      return {
        code: "APPROVAL_NOBODY",
        message: `${what}: ${rule} asks for approval and nobody can be asked here`,
        hint: "answer it in `agentzero chat`, make it a single call with --approve, or write a rule that allows it",
      };
    case "timeout":
      return {
        code: "APPROVAL_TIMEOUT",
        message: `${what}: ${rule} asks for approval and nobody answered in time`,
        hint: "propose it again",
      };
    case "rate":
      return {
        code: "APPROVAL_RATE",
        message: `${what}: ${rule} asks for approval, and there were too many questions within a minute`,
        hint: "wait a minute, or write a narrower rule",
      };
    case "changed":
      return changed(title);
    case "cancelled":
      return { code: "CANCELLED", message: `${what}: cancelled`, hint: null };
    case "broken":
      return {
        code: "APPROVAL_REFUSED",
        message: `${what}: ${rule} asks for approval and the question could not be answered`,
        hint: "answer it in an interactive session",
      };
    case "no":
    case "never":
      return {
        code: "APPROVAL_REFUSED",
        message: `${what}: ${rule} asks for approval and the person said ${consent.why === "never" ? "never" : "no"}${
          consent.message === null ? "" : `: ${consent.message}`
        }`,
        hint: null,
      };
    default:
      return consent.why satisfies never;
  }
}
