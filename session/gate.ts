import type { IsolationTier } from "../core/mod.ts";
import { admitRequests } from "./admit-request.ts";
import { authorize } from "./authorize.ts";
import type { Approved, LabelledResult, Proposal } from "./call.ts";
import { concludeFailure, concludeRefusal, concludeRun } from "./conclude.ts";
import type { GateDeps } from "./deps.ts";
import { runEffect } from "./effects.ts";
import { liveOutput } from "./live-output.ts";
import { maskJson } from "./mask-json.ts";
import { normalise } from "./normalise.ts";
import { CANCELLED, type Passage } from "./passage.ts";
import type { RecordSubject } from "./record.ts";
import { settle } from "./settle.ts";

/**
 * Takes one tool call through the gate: propose, normalise, decide, record the intent, approve, run, label, record the
 * result. The only path from a proposal to an effect; every way out is recorded, and nothing throws.
 *
 * @param deps What the gate is wired to.
 * @param proposal The call.
 * @returns The result in the shape of the JSON contract, and the label of its output.
 */
export async function runCall(deps: GateDeps, proposal: Proposal): Promise<LabelledResult> {
  const startMs = deps.clock.mono();
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: null,
    turn: proposal.turn,
  };
  const { plan, guard } = await normalise(deps, proposal);
  deps.emit({
    type: "tool_call",
    call: proposal.call,
    tool: proposal.tool,
    args: maskJson(deps.redactor, proposal.args),
    tainted: plan.actions.some((action) => action.tainted),
    title: deps.redactor.mask(plan.title).text,
  });
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
      bytesIn: (JSON.stringify(proposal.args) ?? "").length,
    },
  });
  const tool = deps.tools.get(proposal.tool) ?? { trust: "core" };
  const passage: Passage = { deps, proposal, tool, plan, subject, authorized, startMs };
  if (authorized.failure !== null || authorized.intent === null) {
    announce(passage, plan.tier, null);
    return concludeRefusal(passage, authorized.failure, null);
  }
  return await afterIntent(passage, authorized.intent);
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
  const live = liveOutput(deps, proposal.call);
  const ran = await runEffect(deps, { call: proposal.call, intent }, {
    effect,
    io: { signal: proposal.signal, onOutput: live.push, admit: admission(passage) },
    handles: plan.handles,
    ...(effect.backend === "http" ? { admitRequest: admitRequests(passage, effect.spec) } : {}),
  });
  live.end();
  return await concludeRun(passage, { ran, prepared: settled.prepared, approved: settled.approved });
}

// A walk opens further files: each is decided like a read of its own; what is not plainly allowed is left out.
function admission(passage: Passage): (realPath: string) => boolean {
  const { deps, plan } = passage;
  const first = plan.actions[0];
  return (real) => {
    if (first === undefined) return false;
    const target = { kind: "path", real, lexical: real, file: "file", staged: false } as const;
    const { decision } = deps.policy.decide({
      ...first,
      capability: "file_read",
      target,
      classes: deps.policy.classify(target),
    });
    return decision === "allow" || decision === "allow_with_redaction";
  };
}

function announce(passage: Passage, tier: IsolationTier, approved: Approved): void {
  const { worst } = passage.authorized;
  passage.deps.emit({
    type: "decision",
    call: passage.proposal.call,
    decision: worst.decision,
    rule: worst.rule,
    layer: worst.layer,
    reason: passage.deps.redactor.mask(worst.reason).text,
    tier,
    approved,
  });
}
