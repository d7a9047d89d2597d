import { AgentZeroError, type PreviewChange } from "../../core/mod.ts";
import type { ProcessValue, StagedRun } from "../../sandbox/mod.ts";
import { authorize } from "../authorize.ts";
import type { Approved, CallFailure, ChangeReport } from "../call.ts";
import { createIgnoreRules } from "../ignored.ts";
import { maskPreview } from "../mask-preview.ts";
import type { Passage } from "../passage.ts";
import { record } from "../record.ts";
import type { RecordSubject } from "../record-events.ts";
import { chooseChanges } from "./choose-changes.ts";
import { keepChanges } from "./keep-changes.ts";
import { previews } from "./question.ts";
import { denialOf, reportChanges } from "./report.ts";
import { leakEvent } from "../secret-leak.ts";
import { weighChange, type WeighedChange } from "./weigh.ts";

/** What became of the changes of one command. */
export interface SettledChanges {
  readonly reports: readonly ChangeReport[];
  readonly approved: Approved;
  /** Set when a change was not kept for want of permission, or could not be kept. */
  readonly failure: CallFailure | null;
}

const NOTHING: SettledChanges = { reports: [], approved: null, failure: null };

/**
 * Decides every file change of a staged command like a write of its own, with its real content: allowed ones are kept,
 * those that need approval are one question, the rest is dropped and reported.
 *
 * @param passage The command's call.
 * @param value What the command left on its staged view.
 * @returns One report a change, how the question was answered, and why something was not kept.
 */
export async function settleChanges(passage: Passage, value: ProcessValue): Promise<SettledChanges> {
  const { stage } = value;
  if (stage === null) return NOTHING;
  try {
    return await settleStage(passage, { stage, exit: value.exit });
  } catch (cause) {
    // What cannot be searched, shown or read is not kept.
    const known = cause instanceof AgentZeroError;
    return {
      reports: [],
      approved: null,
      failure: {
        code: known ? cause.code : "SANDBOX_FAILED",
        message: known ? cause.message : "Cannot keep changes: they could not be looked at",
        hint: known ? cause.hint ?? null : "run the command again",
      },
    };
  } finally {
    await stage.discard();
  }
}

/** What a command left behind. */
interface Left {
  readonly stage: StagedRun;
  readonly exit: number | null;
}

async function settleStage(passage: Passage, { stage, exit }: Left): Promise<SettledChanges> {
  const { deps, proposal } = passage;
  if (stage.changes.length === 0) return NOTHING;
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: passage.subject.execution,
    turn: proposal.turn,
  };
  // What the command could see, and what had been seen when its words were written.
  const seen = [...deps.plan.hidden().classes, ...proposal.provenance.label.classes];
  const run = { stage, seen, rules: createIgnoreRules(deps.plan.project) };
  const weighed = stage.changes.map((change) => weighChange(passage, run, change));
  const leaked = weighed.flatMap((one) => one.leaked);
  if (leaked.length > 0) await record(deps, leakEvent(subject, proposal.tool, leaked), { risky: true });
  const { each, intent, failure } = await authorize(deps, subject, {
    actions: weighed.map(({ action }) => action),
    title: "Keep changes",
    guard: null,
    facts: {
      tool: proposal.tool,
      action: "keep changes",
      provenance: proposal.provenance,
      tier: "host-supervised",
      handles: [],
      bytesIn: 0,
    },
  });
  if (intent === null) {
    const reports = reportChanges(deps.redactor, { weighed, each, kept: new Set() });
    return { reports, approved: null, failure };
  }

  const chosen = await chooseChanges(passage, { subject, stage, exit, weighed, each });
  // Both sides are only at hand before they become one.
  const shown = deps.showsChanges === true ? previewsOf(passage, stage, { weighed, paths: chosen.paths }) : [];
  const kept = await keepChanges(passage, { subject, stage, intent, paths: chosen.paths });
  if (shown.length > 0 && kept.failure === null) {
    deps.emit({ type: "changes", call: proposal.call, changes: shown });
  }
  return {
    reports: reportChanges(deps.redactor, { weighed, each, kept: kept.paths }),
    approved: chosen.approved,
    failure: kept.failure ?? chosen.failure ?? denialOf(weighed, each),
  };
}

const MAX_SHOWN = 50;

function previewsOf(
  passage: Passage,
  stage: StagedRun,
  run: { readonly weighed: readonly WeighedChange[]; readonly paths: readonly string[] },
): readonly PreviewChange[] {
  const paths = new Set(run.paths);
  const changes = run.weighed.map(({ change }) => change).filter(({ path }) => paths.has(path)).slice(0, MAX_SHOWN);
  const preview = maskPreview(passage.deps.redactor, {
    kind: "changes",
    summary: "",
    changes: previews(stage, changes),
  });
  return preview.kind === "changes" ? preview.changes : [];
}
