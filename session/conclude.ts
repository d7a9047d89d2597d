import type { AuditEvent } from "../audit/mod.ts";
import { joinObligations } from "../core/mod.ts";
import type { FileAdmission } from "./admit-files.ts";
import type { Approved, CallFailure, ChangeReport, LabelledResult } from "./call.ts";
import type { EffectOutcome } from "./effects.ts";
import { finish } from "./finish.ts";
import { type LabelledOutput, labelOutput } from "./label-output.ts";
import { maskPreview } from "./mask-preview.ts";
import { targetOf } from "./http/target.ts";
import { afterOvertime } from "./overtime.ts";
import { elapsed, type Passage } from "./passage.ts";
import { present } from "./present-outcome.ts";
import { record } from "./record.ts";
import { resultEvent } from "./record-events.ts";
import type { Prepared, Presented } from "./tools/tool.ts";

/**
 * Ends a call that policy or a person refused: its records are final, nothing ran.
 *
 * @param passage The call.
 * @param failure Why; `null` never happens for a refusal that was recorded.
 * @param approved How a question was answered.
 * @returns The result.
 */
export function concludeRefusal(passage: Passage, failure: CallFailure | null, approved: Approved): LabelledResult {
  return finish(passage, { approved, failure: failure ?? UNRECORDED, output: null, result: null });
}

/**
 * Ends a call that was allowed and could not start, with its result record.
 *
 * @param passage The call.
 * @param why Why.
 * @param approved How a question was answered.
 * @returns The result.
 */
export async function concludeFailure(
  passage: Passage,
  why: CallFailure,
  approved: Approved,
): Promise<LabelledResult> {
  const failure = afterOvertime(passage.proposal.signal, why);
  const event = resultEvent(passage.subject, {
    status: statusOf(failure),
    exit: null,
    ms: elapsed(passage),
    truncated: false,
    error: failure,
    bytesOut: 0,
    redactions: [],
    sandbox: null,
    tagOut: null,
  });
  const written = await record(passage.deps, event, { risky: false });
  if (typeof written !== "number") return finish(passage, { approved, failure: written, output: null, result: null });
  return finish(passage, { approved, failure, output: null, result: written });
}

/**
 * Ends a call that ran: its file changes are decided one by one, its output is labelled, its result recorded (steps 7
 * and 8 of the life of a call).
 *
 * @param passage The call.
 * @param run What ran and what came out.
 * @returns The result.
 */
export async function concludeRun(
  passage: Passage,
  run: {
    readonly ran: EffectOutcome;
    /** What holds for what the run has read. */
    readonly admissions: readonly FileAdmission[];
    readonly prepared: Prepared;
    readonly approved: Approved;
  },
): Promise<LabelledResult> {
  const { deps } = passage;
  let presented = present(run.prepared, run.ran);
  let approved = run.approved;
  let changes: readonly ChangeReport[] | undefined;
  if (run.ran.backend === "process" && run.ran.outcome.ok) {
    const { settleChanges } = await import("./changes/settle-changes.ts");
    const settled = await settleChanges(passage, run.ran.outcome.value);
    changes = settled.reports;
    approved ??= settled.approved;
    presented = { ...presented, error: settled.failure ?? presented.error };
  }
  const read = run.admissions.map((admission) => admission.over(presented.files ?? []));
  const output = await label(passage, presented, joinRead(read));
  const failure = output === null ? WITHHELD : afterOvertime(passage.proposal.signal, presented.error);
  const { outcome } = run.ran;
  const event = resultEvent(passage.subject, {
    status: statusOf(failure),
    exit: presented.exit ?? null,
    ms: elapsed(passage),
    truncated: output?.truncated ?? false,
    error: failure,
    bytesOut: outcome.usage.outputBytes,
    redactions: output?.redactions ?? [],
    sandbox: outcome.profile,
    tagOut: presented.output === null ? null : deps.audit.tag(presented.output),
    obligations: obligationsOf(passage, output !== null),
    network: networkOf(run),
  });
  const written = await record(deps, event, { risky: false });
  if (failure === null) showChanges(passage, run.prepared);
  const rest = { exit: presented.exit, changes, trust: presented.trust };
  // Threat: a result that nobody can prove. Without its record the output is withheld and the session can only end.
  if (typeof written !== "number") return finish(passage, { approved, failure: written, output: null, result: null });
  return finish(passage, { approved, failure, output, result: written, ...rest });
}

/** What was written as it was planned, for a front door that shows differences. */
function showChanges({ deps, proposal }: Passage, { preview }: Prepared): void {
  if (deps.showsChanges !== true || preview.kind !== "changes") return;
  const shown = maskPreview(deps.redactor, preview);
  if (shown.kind === "changes") deps.emit({ type: "changes", call: proposal.call, changes: shown.changes });
}

const UNRECORDED: CallFailure = {
  code: "AUDIT_UNWRITABLE",
  message: "Cannot run: the decision could not be recorded",
  hint: "start a new session",
};

const WITHHELD: CallFailure = {
  code: "REDACTION_FAILED",
  message: "Cannot show the output: masking failed, so it is withheld",
  hint: "run agentzero doctor",
};

type Read = ReturnType<FileAdmission["over"]>;

function joinRead(read: readonly Read[]): Read {
  return {
    classes: [...new Set(read.flatMap(({ classes }) => classes))],
    obligations: joinObligations(read.map(({ obligations }) => obligations)),
  };
}

// What holds for a file that output was taken from holds for the output.
async function label(
  passage: Passage,
  presented: Presented,
  files: Read,
): Promise<LabelledOutput | null> {
  const { deps, plan, proposal, authorized } = passage;
  const obligations = joinObligations([authorized.worst.obligations, files.obligations]);
  try {
    return await labelOutput(deps.redactor, presented, {
      trust: presented.trust ?? passage.tool.trust,
      classes: [...plan.actions.flatMap((action) => action.classes), ...files.classes],
      redact: obligations.redact,
      detect: deps.detect,
      maxBytes: Math.min(proposal.maxOutputBytes, obligations.max_bytes ?? proposal.maxOutputBytes),
    });
  } catch {
    return null;
  }
}

// What was masked or cut as a rule asked is done once the output exists; otherwise it was withheld.
function obligationsOf({ authorized: { worst } }: Passage, met: boolean): AuditEvent["obligations"] {
  const { redact, max_bytes } = worst.obligations;
  return redact.length === 0 && max_bytes === null ? null : { redact: [...redact], max_bytes, met };
}

// A fetch leaves where it ended, after redirects, each of which has a record of its own.
function networkOf(
  { ran, prepared: { effect } }: { readonly ran: EffectOutcome; readonly prepared: Prepared },
): NonNullable<AuditEvent["network"]> | null {
  if (ran.backend !== "http" || effect.backend !== "http" || !ran.outcome.ok) return null;
  const { url, address, status } = ran.outcome.value;
  const { host, port } = targetOf(url);
  return { host, ip: address, port, method: effect.spec.method, status };
}

function statusOf(failure: CallFailure | null): "ok" | "error" | "denied" | "timeout" | "cancelled" {
  if (failure === null) return "ok";
  if (failure.code === "LIMIT_TIME") return "timeout";
  if (failure.code === "CANCELLED") return "cancelled";
  return failure.code.startsWith("APPROVAL_") || failure.code.startsWith("POLICY_") ? "denied" : "error";
}
