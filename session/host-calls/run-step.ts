import {
  type Classification,
  type HostCall,
  type HostReply,
  joinObligations,
  NO_OBLIGATIONS,
  type Obligations,
} from "../../core/mod.ts";
import { admitFiles } from "../admit-files.ts";
import { admitRequests } from "../admit-request.ts";
import { authorize, type Authorized } from "../authorize.ts";
import type { CallFailure } from "../call.ts";
import type { GateDeps } from "../deps.ts";
import { type EffectOutcome, runEffect } from "../effects.ts";
import { maskedNames } from "../masked-names.ts";
import { maskedText } from "../masked-text.ts";
import { elapsed, type Passage } from "../passage.ts";
import type { Provenance } from "../provenance.ts";
import { record } from "../record.ts";
import { type RecordSubject, resultEvent } from "../record-events.ts";
import { settle } from "../settle.ts";
import type { Guest, GuestTime } from "./guest.ts";
import type { HostPlan, Taken } from "./host-plan.ts";
import { patient } from "./patient.ts";
import { planStep } from "./plan-step.ts";
import { CANCELLED_REPLY, replyOfFailure, replyOfThrown } from "./reply.ts";
import type { Scratch } from "./scratch.ts";

/** One host call on its way. */
export interface Step {
  readonly guest: Guest;
  readonly provenance: Provenance;
  readonly scratch: Scratch;
  readonly call: HostCall;
  readonly time: GuestTime | undefined;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface StepEnd {
  readonly reply: HostReply;
  /** Classes of what the guest has now seen. */
  readonly classes: readonly Classification[];
  /** What holds for what is made of it. */
  readonly obligations: Obligations;
  /** Why it was refused, or `null` when it was not. */
  readonly refused: string | null;
  /** `true` when its record could not be written. */
  readonly unrecorded: boolean;
}

/**
 * Takes one host call of a guest through the steps of any call: plan, decide, record the intent, approve, run, mask,
 * record the result. Never rejects for what the guest did.
 *
 * @param outer The decided call that runs the guest.
 * @param step The host call.
 * @returns The typed reply and what it means for the run.
 */
export async function runStep(outer: Passage, step: Step): Promise<StepEnd> {
  const deps = patient(outer.deps, step.time);
  const startMs = deps.clock.mono();
  let obligations = NO_OBLIGATIONS;
  const { guest, provenance, scratch, call, signal } = step;
  const plan = planStep({ deps, context: { guest, provenance }, scratch, obligations: () => obligations }, call);
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: outer.proposal.call,
    parent: outer.subject.execution,
    turn: outer.proposal.turn,
  };
  const authorized = await authorize(deps, subject, {
    actions: plan.actions,
    title: plan.title,
    guard: plan.guard,
    facts: {
      tool: outer.proposal.tool,
      action: maskedText(deps.redactor, plan.step).slice(0, 400).toWellFormed(),
      provenance,
      tier: plan.tier,
      handles: plan.handles,
      bytesIn: bytesOf(step.call),
      skill: { ...guest.record, run: outer.subject.execution },
    },
  });
  obligations = joinObligations(authorized.each.map(({ verdict }) => verdict.obligations));
  const passage: Passage = {
    deps,
    proposal: { ...outer.proposal, provenance, signal },
    tool: { trust: "guest" },
    plan,
    subject,
    authorized,
    startMs,
  };
  if (authorized.intent === null) return lost(authorized.failure);
  if (authorized.failure !== null) return refused(deps, authorized.failure);
  return await afterIntent(passage, { plan, intent: authorized.intent, obligations });
}

interface Decided {
  readonly plan: HostPlan;
  readonly intent: number;
  readonly obligations: Obligations;
}

async function afterIntent(passage: Passage, { plan, intent, obligations }: Decided): Promise<StepEnd> {
  const { deps, proposal } = passage;
  const faults: unknown[] = [];
  const settled = await settle({ ...passage, plan: watched(plan, faults) }, intent);
  if (settled.kind === "refused") return refused(deps, settled.failure);
  if (settled.kind === "failed") {
    const [fault] = faults;
    const reply = fault === undefined ? replyOfFailure(masked(deps, settled.failure)) : thrown(deps, fault);
    return await end(passage, { taken: nothing(reply), failure: settled.failure, ran: null, obligations });
  }
  if (proposal.signal.aborted) {
    return await end(passage, { taken: nothing(CANCELLED_REPLY), failure: CANCELLED, ran: null, obligations });
  }
  const { effect } = settled.prepared;
  const ran = await runEffect(deps, { call: proposal.call, intent }, {
    effect,
    tier: null,
    io: { signal: proposal.signal, admit: admitFiles(passage).admit, masked: maskedNames(deps) },
    handles: plan.handles,
    guests: null,
    ...(effect.backend === "http" ? { admitRequest: admitRequests(passage, effect.spec).admit } : {}),
  });
  try {
    const taken = await plan.take(ran);
    return await end(passage, { taken, failure: null, ran, obligations });
  } catch (cause) {
    const reply = thrown(deps, cause);
    return await end(passage, { taken: nothing(reply), failure: failureOf(ran, cause), ran, obligations });
  }
}

// Ends a call that was allowed, with its result record.
async function end(
  passage: Passage,
  how: {
    readonly taken: Taken;
    readonly failure: CallFailure | null;
    readonly ran: EffectOutcome | null;
    readonly obligations: Obligations;
  },
): Promise<StepEnd> {
  const { deps, plan } = passage;
  const { taken, failure, ran, obligations } = how;
  const event = resultEvent(passage.subject, {
    status: failure === null ? "ok" : failure.code === "CANCELLED" ? "cancelled" : "error",
    exit: null,
    ms: elapsed(passage),
    truncated: false,
    error: failure === null ? null : masked(deps, failure),
    bytesOut: taken.bytes,
    redactions: taken.redactions,
    sandbox: ran?.outcome.profile ?? null,
    tagOut: null,
  });
  const written = await record(deps, event, { risky: false });
  if (typeof written !== "number") return lost(written);
  const read = plan.actions.filter(({ capability }) => capability === "file_read" || capability === "network_request");
  return {
    reply: taken.reply,
    classes: failure === null ? [...read.flatMap(({ classes }) => classes), ...taken.classes] : [],
    obligations: failure === null ? obligations : NO_OBLIGATIONS,
    refused: null,
    unrecorded: false,
  };
}

// Remembers what a plan itself threw: it is typed for the guest, where a message for people is not.
function watched(plan: HostPlan, faults: unknown[]): HostPlan {
  return {
    ...plan,
    async prepare(look) {
      try {
        return await plan.prepare(look);
      } catch (cause) {
        faults.push(cause);
        throw cause;
      }
    },
  };
}

function refused(deps: GateDeps, failure: CallFailure): StepEnd {
  const told = masked(deps, failure);
  return {
    reply: replyOfFailure(told),
    classes: [],
    obligations: NO_OBLIGATIONS,
    refused: told.message,
    unrecorded: false,
  };
}

function lost(failure: Authorized["failure"]): StepEnd {
  const reply = replyOfFailure(failure ?? { code: "AUDIT_UNWRITABLE", message: "Cannot record the call", hint: null });
  return { reply, classes: [], obligations: NO_OBLIGATIONS, refused: null, unrecorded: true };
}

const CANCELLED: CallFailure = { code: "CANCELLED", message: "Cannot go on: the run was stopped", hint: null };

function nothing(reply: HostReply): Taken {
  return { reply, bytes: 0, redactions: [], classes: [] };
}

function thrown(deps: GateDeps, cause: unknown): HostReply {
  return replyOfThrown(cause, (text) => maskedText(deps.redactor, text));
}

function masked(deps: GateDeps, failure: CallFailure): CallFailure {
  return { code: failure.code, message: maskedText(deps.redactor, failure.message), hint: null };
}

function failureOf(ran: EffectOutcome, cause: unknown): CallFailure {
  if (!ran.outcome.ok) return { code: ran.outcome.code, message: ran.outcome.reason, hint: null };
  return { code: "HOST_CALL_FAILED", message: cause instanceof Error ? cause.message : "the call failed", hint: null };
}

function bytesOf({ args }: HostCall): number {
  return args.reduce<number>(
    (sum, arg) => sum + (typeof arg === "string" ? Buffer.byteLength(arg) : arg instanceof Uint8Array ? arg.length : 0),
    0,
  );
}
