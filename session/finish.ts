import { type Classification, type Label, labelOf, type TrustLabel } from "../core/mod.ts";
import type { Approved, CallFailure, CallResult, ChangeReport, LabelledResult } from "./call.ts";
import { type LabelledOutput, sumRedactions } from "./label-output.ts";
import { maskedText } from "./masked-text.ts";
import { elapsed, type Passage } from "./passage.ts";

/** How a call ended. */
export interface CallEnd {
  /** How a question was answered. */
  readonly approved: Approved;
  /** Why it is not ok, or `null`. */
  readonly failure: CallFailure | null;
  /** Masked, or `null` when there is none to give. */
  readonly output: LabelledOutput | null;
  /** Sequence number of the result record, or `null`. */
  readonly result: number | null;
  /** Exit status of a command. */
  readonly exit?: number | null | undefined;
  /** What a command changed. */
  readonly changes?: readonly ChangeReport[] | undefined;
  /** Origin of the output, where it is not the tool's usual one. */
  readonly trust?: TrustLabel | undefined;
}

/**
 * Makes the result of a call in the form of the JSON contract, masked, and tells the session's sink.
 *
 * @param passage The call.
 * @param end How it ended; all of it is on record.
 * @returns The result with the label of its output.
 */
export function finish(passage: Passage, end: CallEnd): LabelledResult {
  const { deps, proposal, tool, plan, authorized } = passage;
  const { worst } = authorized;
  const result: CallResult = {
    v: 1,
    session: deps.session,
    call: proposal.call,
    tool: proposal.tool,
    tier: plan.tier,
    decision: worst.decision,
    rule: worst.rule,
    layer: worst.layer,
    reason: maskedText(deps.redactor, worst.reason),
    approved: end.approved,
    ok: end.failure === null,
    output: end.output?.text ?? null,
    error: end.failure === null ? null : maskedFailure(passage, end.failure),
    trust: end.trust ?? tool.trust,
    truncated: end.output?.truncated ?? false,
    redactions: sumRedactions(end.output?.redactions ?? []),
    audit: { file: deps.auditFile, intent: authorized.intent, result: end.result },
    ms: elapsed(passage),
    // A command that never started has no status and changed nothing.
    ...(proposal.tool === "shell" || end.changes !== undefined
      ? { exit: end.exit ?? null, changes: end.changes ?? [] }
      : {}),
  };
  deps.emit({ type: "tool_result", ...result });
  // Who had a secret value at hand to send away may have it in other words, too: from here on the conversation counts as secret.
  const leaked: readonly Classification[] = end.failure?.code === "SECRET_EGRESS" ? ["secret"] : [];
  const detected = [...end.output?.detected ?? [], ...leaked];
  return { result, label: end.output?.label ?? refusalLabel(passage), detected };
}

// Threat: words of a file stand in a refusal and reach the model as ours: a name that a link leads to, the reason of a
// rule of a policy that nobody trusted.
function refusalLabel({ deps, plan, authorized: { worst } }: Passage): Label {
  const renamed = plan.actions.some(({ target }) => target.kind === "path" && target.real !== target.lexical);
  const layer = deps.policy.generation.layers.find((one) => one.layer === worst.layer);
  const foreign = worst.layer === "project" && layer?.grants !== true;
  return labelOf(renamed || foreign ? "file" : "core");
}

// Messages name what was seen: a path or an argument may hold a value that must not be shown.
function maskedFailure({ deps: { redactor } }: Passage, failure: CallFailure): CallFailure {
  return {
    code: failure.code,
    message: maskedText(redactor, failure.message),
    hint: failure.hint === null ? null : maskedText(redactor, failure.hint),
  };
}
