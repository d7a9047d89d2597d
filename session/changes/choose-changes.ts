import type { StagedRun } from "../../sandbox/mod.ts";
import { consult, isStricterNow, recordGranted, remember } from "../answers.ts";
import type { AskedConsent, DecidedAction } from "../approve.ts";
import type { Approved, CallFailure } from "../call.ts";
import type { Passage } from "../passage.ts";
import type { RecordSubject } from "../record-events.ts";
import { approvedOf, changed, refusalOf } from "../settle.ts";
import { type AskedChange, changesQuestion, shownPath, summarise } from "./question.ts";
import type { WeighedChange } from "./weigh.ts";

/** What a command left behind, decided. */
export interface DecidedChanges {
  readonly subject: RecordSubject;
  readonly stage: StagedRun;
  /** Exit status of the command. */
  readonly exit: number | null;
  readonly weighed: readonly WeighedChange[];
  /** Their decisions, in the same order. */
  readonly each: readonly DecidedAction[];
}

/** Which changes may be kept. */
export interface ChosenChanges {
  /** As the stage names them. */
  readonly paths: readonly string[];
  /** How the question was answered; `null` where there was none. */
  readonly approved: Approved;
  /** Why others may not, or `null`. */
  readonly failure: CallFailure | null;
}

/**
 * Chooses the changes to keep: those that policy allows, and of those that it asks about, in one question, the ones that
 * the person says yes to.
 *
 * @param passage The command's call.
 * @param run What it left, and what policy says of it.
 * @returns The choice. Every answer is on record.
 */
export async function chooseChanges(passage: Passage, run: DecidedChanges): Promise<ChosenChanges> {
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
