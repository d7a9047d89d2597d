import type { ProcessValue, StagedRun } from "../../sandbox/mod.ts";
import { type Consent, type DecidedAction, isRemembered, openQuestions } from "../approve.ts";
import { authorize, record } from "../authorize.ts";
import type { Approved, CallFailure, ChangeReport } from "../call.ts";
import { mint, spender } from "../effects.ts";
import type { Passage } from "../passage.ts";
import { approvalEvent, type RecordSubject, resultEvent } from "../record.ts";
import { refusalOf } from "../settle.ts";
import { type AskedChange, changesQuestion, summarise } from "./question.ts";
import { denialOf, reportChanges } from "./report.ts";
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
    return await settleStage(passage, stage);
  } finally {
    await stage.discard();
  }
}

async function settleStage(passage: Passage, stage: StagedRun): Promise<SettledChanges> {
  const { deps, proposal } = passage;
  if (stage.changes.length === 0) return NOTHING;
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: passage.subject.execution,
    turn: proposal.turn,
  };
  const weighed = stage.changes.map((change) => weighChange(passage, stage, change));
  if (weighed.some(({ obstacle }) => obstacle === "leak")) {
    await record(deps, { event: "secret.leak", call: proposal.call, parent_id: subject.parent, tool: proposal.tool }, {
      risky: true,
    });
  }
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
  if (intent === null) return { reports: reportChanges(weighed, each, new Set()), approved: null, failure };

  const chosen = await choose(passage, { subject, stage, weighed, each });
  const kept = await keep(passage, { subject, stage, intent, paths: chosen.paths });
  return {
    reports: reportChanges(weighed, each, kept.paths),
    approved: chosen.approved,
    failure: kept.failure ?? chosen.failure ?? denialOf(weighed, each),
  };
}

interface Choice {
  readonly paths: readonly string[];
  readonly approved: Approved;
  readonly failure: CallFailure | null;
}

// Allowed changes are chosen; all asking ones are one question.
async function choose(
  passage: Passage,
  run: {
    readonly subject: RecordSubject;
    readonly stage: StagedRun;
    readonly weighed: readonly WeighedChange[];
    readonly each: readonly DecidedAction[];
  },
): Promise<Choice> {
  const { deps, proposal } = passage;
  const allowed: string[] = [];
  const asked: AskedChange[] = [];
  for (const [index, weighed] of run.weighed.entries()) {
    const decided = run.each[index];
    if (decided === undefined || weighed.obstacle !== null) continue;
    const { decision, granted } = decided.verdict;
    if (decision === "requires_approval" && granted === null) asked.push({ weighed, decided });
    else if (decision !== "deny") allowed.push(weighed.change.path);
  }
  if (asked.length === 0) return { paths: allowed, approved: null, failure: null };

  const nobody = deps.questions.channel === "none";
  const request = nobody ? null : changesQuestion(passage, run.stage, asked);
  const consent: Consent = request === null
    ? { kind: "refused", why: "nobody", message: null, latencyMs: 0 }
    : await deps.questions.ask(request, proposal.signal);
  if (consent.kind !== "allowed" && consent.kind !== "refused") {
    return { paths: allowed, approved: null, failure: null };
  }
  const event = approvalEvent(run.subject, consent, {
    channel: deps.questions.channel,
    digest: request?.digest ?? null,
  });
  const written = await record(deps, event, { risky: true });
  if (typeof written !== "number") return { paths: [], approved: null, failure: written };
  if (consent.kind === "refused") {
    if (consent.why === "never") await remember(passage, asked, "never");
    return { paths: allowed, ...refusal(asked, consent) };
  }
  const { only, scope } = consent;
  const yes = asked.filter(({ weighed }) => only === null || only.includes(weighed.change.relative));
  if (isRemembered(scope)) await remember(passage, yes, scope);
  return { paths: [...allowed, ...yes.map(({ weighed }) => weighed.change.path)], approved: scope, failure: null };
}

// What git ignores is dropped without counting as refused.
function refusal(
  asked: readonly AskedChange[],
  consent: Extract<Consent, { kind: "refused" }>,
): { readonly approved: Approved; readonly failure: CallFailure | null } {
  const matters = asked.filter(({ weighed }) => !weighed.ignored);
  const [first] = matters;
  if (first === undefined) return { approved: null, failure: null };
  return {
    approved: consent.why === "nobody" || consent.why === "never" ? consent.why : "no",
    failure: refusalOf(`Keep ${summarise(matters)}`, consent, first.decided.verdict),
  };
}

async function remember(
  passage: Passage,
  asked: readonly AskedChange[],
  scope: "session" | "project" | "package" | "once" | "never",
): Promise<void> {
  for (const { action, terms } of openQuestions(asked.map(({ decided }) => decided))) {
    await passage.deps.policy.remember({ action, terms, scope, by: passage.deps.questions.channel });
  }
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
