import { AgentZeroError, type PreviewChange } from "../../core/mod.ts";
import type { ProcessValue, StagedRun } from "../../sandbox/mod.ts";
import { consult, isStricterNow, recordGranted, remember } from "../answers.ts";
import type { AskedConsent, DecidedAction } from "../approve.ts";
import { authorize, record } from "../authorize.ts";
import type { Approved, CallFailure, ChangeReport } from "../call.ts";
import { mint, spender } from "../effects.ts";
import { createIgnoreRules } from "../ignored.ts";
import { maskPreview } from "../mask-preview.ts";
import type { Passage } from "../passage.ts";
import { type RecordSubject, resultEvent } from "../record.ts";
import { approvedOf, changed, refusalOf } from "../settle.ts";
import { type AskedChange, changesQuestion, previews, shownPath, summarise } from "./question.ts";
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
 * @returns One report a change.
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

  const chosen = await choose(passage, { subject, stage, exit, weighed, each });
  // Both sides are only at hand before they become one.
  const shown = deps.showsChanges === true ? previewsOf(passage, stage, { weighed, paths: chosen.paths }) : [];
  const kept = await keep(passage, { subject, stage, intent, paths: chosen.paths });
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

interface Choice {
  readonly paths: readonly string[];
  readonly approved: Approved;
  readonly failure: CallFailure | null;
}

// Allowed changes are chosen; all asking ones are one question.
async function choose(
  passage: Passage,
  run: Left & {
    readonly subject: RecordSubject;
    readonly weighed: readonly WeighedChange[];
    readonly each: readonly DecidedAction[];
  },
): Promise<Choice> {
  const { deps, proposal } = passage;
  const allowed: AskedChange[] = [];
  const asked: AskedChange[] = [];
  for (const [index, weighed] of run.weighed.entries()) {
    const decided = run.each[index];
    if (decided === undefined || weighed.obstacle !== null) continue;
    const { decision, granted } = decided.verdict;
    if (decision === "requires_approval" && granted === null) asked.push({ weighed, decided });
    else if (decision !== "deny") allowed.push({ weighed, decided });
  }
  const granted = await recordGranted(deps, run.subject, allowed.map(({ decided }) => decided));
  if (typeof granted === "object" && granted !== null) return { paths: [], approved: null, failure: granted };
  if (asked.length === 0) return { paths: pathsOf(allowed), approved: granted, failure: null };

  const asks = asked.map(({ decided }) => decided);
  const policy = deps.policy.generation.digest;
  const request = deps.questions.channel === "none" ? null : changesQuestion(passage, run, asked);
  const { position, signal } = proposal;
  const answer = await consult(deps, { subject: run.subject, request, asks, whole: false, position, signal });
  if (answer.kind === "failed") return { paths: [], approved: null, failure: answer.failure };
  if (answer.kind === "no") return { paths: pathsOf(allowed), ...refusal(asked, answer.consent) };

  // Threat: policy got stricter while the person was looking at the difference.
  const decided = [...allowed, ...asked].map((change) => change.decided);
  if (await isStricterNow(deps, { policy, decided })) {
    return { paths: [], approved: "no", failure: changed(`Keep ${summarise(asked)}`) };
  }
  const { only, scope } = answer;
  const yes = asked.filter(({ weighed }) => only === null || only.includes(shownPath(passage, weighed.change)));
  await remember(deps, yes.map((change) => change.decided), scope);
  return { paths: pathsOf([...allowed, ...yes]), approved: scope, failure: leftOut(asked, yes) };
}

function pathsOf(changes: readonly AskedChange[]): readonly string[] {
  return changes.map(({ weighed }) => weighed.change.path);
}

// What git ignores is dropped without counting as refused.
function refusal(
  asked: readonly AskedChange[],
  consent: Extract<AskedConsent, { kind: "refused" }>,
): { readonly approved: Approved; readonly failure: CallFailure | null } {
  const matters = asked.filter(({ weighed }) => !weighed.ignored);
  const [first] = matters;
  if (first === undefined) return { approved: null, failure: null };
  return {
    approved: approvedOf(consent),
    failure: refusalOf(`Keep ${summarise(matters)}`, consent, first.decided.verdict),
  };
}

// The changes that the person did not choose were refused like any other.
function leftOut(asked: readonly AskedChange[], yes: readonly AskedChange[]): CallFailure | null {
  const dropped = asked.filter((change) => !yes.includes(change) && !change.weighed.ignored);
  const [first] = dropped;
  if (first === undefined) return null;
  return refusalOf(
    `Keep ${summarise(dropped)}`,
    { kind: "refused", why: "no", message: null, latencyMs: 0 },
    first.decided.verdict,
  );
}

async function keep(
  passage: Passage,
  run: {
    readonly subject: RecordSubject;
    readonly stage: StagedRun;
    readonly intent: number;
    readonly paths: readonly string[];
  },
): Promise<{ readonly paths: ReadonlySet<string>; readonly failure: CallFailure | null }> {
  const { deps, proposal } = passage;
  if (run.paths.length === 0) return { paths: new Set(), failure: null };
  const permit = mint(deps, { call: proposal.call, intent: run.intent }, {
    digest: run.stage.keepDigest(run.paths),
    tier: "host-supervised",
  });
  const outcome = await run.stage.keep(permit, run.paths, {
    signal: proposal.signal,
    permits: spender(deps),
    secrets: { reveal: () => Promise.reject(new TypeError("Cannot reveal secret: keeping changes needs none")) },
  });
  const kept = outcome.ok ? outcome.value.kept : [];
  const failure = outcome.ok
    ? firstProblem(outcome.value.failed)
    : { code: outcome.code, message: outcome.reason, hint: outcome.hint };
  const event = resultEvent(run.subject, {
    status: failure === null ? "ok" : "error",
    exit: null,
    ms: Math.round(outcome.ms),
    truncated: false,
    error: failure,
    bytesOut: 0,
    redactions: [],
    sandbox: outcome.profile,
    tagOut: null,
    changes: kept,
  });
  const written = await record(deps, event, { risky: true });
  return {
    paths: new Set(kept.map(({ path }) => path)),
    failure: typeof written === "number" ? failure : written,
  };
}

function firstProblem(
  failed: readonly { readonly path: string; readonly code: string; readonly reason: string }[],
): CallFailure | null {
  const [first] = failed;
  if (first === undefined) return null;
  const more = failed.length === 1 ? "" : ` (and ${failed.length - 1} more)`;
  return { code: first.code, message: `${first.reason}${more}`, hint: "run the command again" };
}
