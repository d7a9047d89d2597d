import { AgentZeroError, type IsolationTier } from "../core/mod.ts";
import { admitFiles } from "./admit-files.ts";
import { authorize } from "./authorize.ts";
import type { Approved, CallFailure, LabelledResult, Proposal } from "./call.ts";
import { concludeFailure, concludeRefusal, concludeRun } from "./conclude.ts";
import type { GateDeps } from "./deps.ts";
import { runEffect } from "./effects.ts";
import type { Guest, GuestRun } from "./host-calls/guest.ts";
import { liveOutput } from "./live-output.ts";
import { isTooDeep, maskJson } from "./mask-json.ts";
import { maskedNames } from "./masked-names.ts";
import { maskedText } from "./masked-text.ts";
import { normalise, type Normalised, refusedPlan } from "./normalise.ts";
import { CANCELLED, type Passage } from "./passage.ts";
import type { RecordSubject } from "./record-events.ts";
import { settle } from "./settle.ts";

/**
 * Takes one tool call through the gate: propose, normalise, decide, record the intent, approve, run, label, record the
 * result. The only path from a proposal to an effect; every way out is recorded, and nothing throws.
 *
 * @param deps What the gate is wired to.
 * @param proposed The call.
 * @returns The result in the shape of the JSON contract, and the label of its output.
 */
export async function runCall(deps: GateDeps, proposed: Proposal): Promise<LabelledResult> {
  const proposal = presentable(deps, proposed);
  const normalised = await normalise(deps, proposal);
  const passage = await decided(deps, proposal, normalised);
  const { intent, failure } = passage.authorized;
  if (failure !== null || intent === null) {
    announce(passage, passage.plan.tier, null);
    return concludeRefusal(passage, failure, null);
  }
  try {
    return await afterIntent(passage, intent);
  } catch (cause) {
    // Nothing may pass by without a result: a defect in here is one, too.
    return await concludeFailure(passage, failureOf(cause), null);
  }
}

// A name that no tool has comes from outside like any text: it is cut and masked before anybody sees it.
function presentable(deps: GateDeps, proposal: Proposal): Proposal {
  if (deps.tools.has(proposal.tool)) return proposal;
  try {
    return { ...proposal, tool: deps.redactor.mask(proposal.tool.slice(0, 128).toWellFormed()).text };
  } catch {
    return { ...proposal, tool: "unknown" };
  }
}

// Steps 3 and 4, announced.
async function decided(deps: GateDeps, proposal: Proposal, normalised: Normalised): Promise<Passage> {
  const startMs = deps.clock.mono();
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: null,
    turn: proposal.turn,
  };
  const args = isTooDeep(proposal.args) ? null : proposal.args;
  let { plan, guard } = normalised;
  try {
    deps.emit({
      type: "tool_call",
      call: proposal.call,
      tool: proposal.tool,
      args: maskJson(deps.redactor, args),
      tainted: plan.actions.some((action) => action.tainted),
      title: deps.redactor.mask(plan.title).text,
    });
  } catch (cause) {
    // What cannot be shown is not done.
    ({ plan, guard } = refusedPlan(proposal.tool, failureOf(cause)));
  }
  const authorized = await authorize(deps, subject, {
    actions: plan.actions,
    title: plan.title,
    guard,
    facts: {
      tool: proposal.tool,
      action: proposal.tool,
      provenance: proposal.provenance,
      tier: plan.tier,
      handles: plan.handles,
      ...(plan.record === undefined ? {} : { skill: { ...plan.record, run: subject.execution } }),
      bytesIn: Buffer.byteLength(JSON.stringify(args) ?? ""),
    },
  });
  const tool = deps.tools.get(proposal.tool) ?? { trust: "core" };
  return { deps, proposal, tool, plan, subject, authorized, startMs };
}

async function afterIntent(passage: Passage, intent: number): Promise<LabelledResult> {
  const { deps, proposal, plan } = passage;
  const settled = await settle(passage, intent);
  announce(passage, plan.tier, settled.approved);
  if (settled.kind === "refused") return concludeRefusal(passage, settled.failure, settled.approved);
  if (settled.kind === "failed") return await concludeFailure(passage, settled.failure, settled.approved);
  // Last look: what was cancelled while a person was thinking must not start.
  if (proposal.signal.aborted) return await concludeFailure(passage, CANCELLED, settled.approved);
  const { effect } = settled.prepared;
  const files = admitFiles(passage);
  const guests: GuestRun[] = [];
  const requests = effect.backend === "http"
    ? (await import("./admit-request.ts")).admitRequests(passage, effect.spec)
    : null;
  const live = liveOutput(deps, proposal.call, passage.authorized.worst.obligations);
  const ran = await runEffect(deps, { call: proposal.call, intent }, {
    effect,
    tier: plan.tier,
    io: {
      signal: proposal.signal,
      onOutput: live.push,
      admit: files.admit,
      masked: maskedNames(deps),
      egress: effect.backend === "process"
        ? (await import("./admit-egress.ts")).admitEgress(passage, effect.spec)
        : undefined,
    },
    handles: plan.handles,
    guests: effect.backend === "wasm" || effect.backend === "routine" ? await guestOpener(passage, guests) : null,
    ...(requests === null ? {} : { admitRequest: requests.admit }),
  });
  live.end();
  const admissions = [files, ...guests.map(({ admission }) => admission)];
  const judged = requests?.judged(ran.outcome) ?? passage;
  return await concludeRun(judged, { ran, admissions, prepared: settled.prepared, approved: settled.approved });
}

// What answers host calls is loaded by the first guest.
async function guestOpener(passage: Passage, opened: GuestRun[]): Promise<(guest: Guest) => GuestRun> {
  const { openGuestRun } = await import("./host-calls/guest-run.ts");
  return (guest) => {
    const run = openGuestRun(passage, guest);
    opened.push(run);
    return run;
  };
}

function failureOf(cause: unknown): CallFailure {
  if (cause instanceof AgentZeroError) return { code: cause.code, message: cause.message, hint: cause.hint ?? null };
  return { code: "TOOL_ERROR", message: "Cannot go on with the call: it failed inside", hint: null };
}

function announce(passage: Passage, tier: IsolationTier, approved: Approved): void {
  const { deps, proposal, authorized: { worst } } = passage;
  deps.emit({
    type: "decision",
    call: proposal.call,
    decision: worst.decision,
    rule: worst.rule,
    layer: worst.layer,
    reason: maskedText(deps.redactor, worst.reason),
    tier,
    approved,
  });
}
