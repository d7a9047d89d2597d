import {
  type ApprovalRequest,
  type AtomicAction,
  type Classification,
  type Digest,
  digestOf,
  isUntrusted,
  type PreviewChange,
  type Verdict,
} from "../core/mod.ts";
import type { ProcessValue, StagedChange, StagedRun } from "../sandbox/mod.ts";
import { type Consent, type DecidedAction, isRemembered, offeredScopes, openQuestions } from "./approve.ts";
import { authorize, record } from "./authorize.ts";
import type { Approved, CallFailure, ChangeReport } from "./call.ts";
import { mint, spender } from "./effects.ts";
import type { Passage } from "./passage.ts";
import { approvalEvent, type RecordSubject, resultEvent } from "./record.ts";
import { refusalOf } from "./settle.ts";

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
    return value.changes.length === 0 ? NOTHING : await settleStage(passage, stage, value.changes);
  } finally {
    await stage.discard();
  }
}

/** A change on its way, with what is known of it. */
interface Weighed {
  readonly change: StagedChange;
  readonly action: AtomicAction;
  readonly preview: PreviewChange;
  /** Holds a value of the vault: dropped whatever policy says. */
  readonly leaks: boolean;
  readonly ignored: boolean;
}

async function settleStage(
  passage: Passage,
  stage: StagedRun,
  changes: readonly StagedChange[],
): Promise<SettledChanges> {
  const { deps, proposal } = passage;
  const subject: RecordSubject = {
    execution: deps.ids.next("exe"),
    call: proposal.call,
    parent: passage.subject.execution,
    turn: proposal.turn,
  };
  const weighed: Weighed[] = [];
  for (const change of changes) weighed.push(await weigh(passage, stage, change));
  const authorized = await authorize(deps, subject, {
    actions: weighed.map(({ action }) => action),
    title: `Keep changes of ${passage.plan.title.toLowerCase()}`,
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
  const { intent } = authorized;
  if (intent === null) return dropped(weighed, authorized.each, authorized.failure);

  const { keep, approved, refused } = await choose(passage, { subject, weighed, each: authorized.each });
  const kept = await keepChosen(passage, { subject, stage, intent, paths: keep });
  const reports = report(weighed, authorized.each, kept.paths);
  const failure = kept.failure ?? refused ?? denial(weighed, authorized.each);
  return { reports, approved, failure };
}

// Reads the real content: it is classified, searched for vault values, and shown.
async function weigh(passage: Passage, stage: StagedRun, change: StagedChange): Promise<Weighed> {
  const { deps } = passage;
  const target = {
    kind: "path",
    real: change.path,
    lexical: change.path,
    file: change.kind === "create" ? "missing" : change.kind === "symlink" ? "symlink" : "file",
    staged: true,
  } as const;
  const { before, after } = await stage.read(change);
  const text = after === null ? null : asText(after);
  const leaks = after !== null && deps.redactor.find(text ?? Buffer.from(after).toString("latin1")).length > 0;
  const classes = new Set<Classification>(deps.policy.classify(target));
  return {
    change,
    leaks,
    ignored: deps.ignored.ignores(change.relative),
    action: {
      capability: "file_write",
      target,
      classes: [...classes],
      tier: "host-supervised",
      tainted: isUntrusted(passage.proposal.provenance.label),
      skill: null,
    },
    preview: {
      path: change.relative,
      kind: change.kind,
      runsLater: change.runsLater,
      before: before === null ? null : shown(passage, before),
      after: after === null ? null : shown(passage, after),
      bytes: change.bytes,
    },
  };
}

// One question for all asks of the run.
async function choose(
  passage: Passage,
  run: { readonly subject: RecordSubject; readonly weighed: readonly Weighed[]; readonly each: readonly DecidedAction[] },
): Promise<{ readonly keep: readonly string[]; readonly approved: Approved; readonly refused: CallFailure | null }> {
  const { deps, proposal } = passage;
  const keep: string[] = [];
  const asking: Weighed[] = [];
  const asks: DecidedAction[] = [];
  for (const [index, item] of run.weighed.entries()) {
    const decided = run.each[index];
    if (decided === undefined || item.leaks) continue;
    if (isSettled(decided.verdict)) keep.push(item.change.path);
    else if (decided.verdict.decision === "requires_approval") {
      asking.push(item);
      asks.push(decided);
    }
  }
  if (asking.length === 0) return { keep, approved: null, refused: null };

  const digest = changesDigest(passage, asking);
  const consent: Consent = deps.questions.channel === "none"
    ? { kind: "refused", why: "nobody", message: null, latencyMs: 0 }
    : await deps.questions.ask(question(passage, { asking, asks, digest }), proposal.signal);
  if (consent.kind === "unasked") return { keep, approved: null, refused: null };
  const event = approvalEvent(run.subject, consent, { channel: deps.questions.channel, digest });
  const written = await record(deps, event, { risky: true });
  if (typeof written !== "number") return { keep: [], approved: null, refused: written };
  if (consent.kind === "refused") {
    const matters = asking.find(({ ignored }) => !ignored);
    const approved = consent.why === "nobody" || consent.why === "never" ? consent.why : "no";
    if (consent.why === "never") await remember(passage, asks, "never");
    // What git ignores is dropped without counting as refused.
    if (matters === undefined) return { keep, approved: null, refused: null };
    const worst = asks[asking.indexOf(matters)]?.verdict;
    const refused = worst === undefined ? null : refusalOf(`keep ${summary(asking)}`, consent, worst);
    return { keep, approved, refused };
  }
  if (consent.kind === "granted") return { keep, approved: consent.scope, refused: null };
  const chosen = asking.filter(({ change }) => consent.only === null || consent.only.includes(change.path));
  if (isRemembered(consent.scope)) await remember(passage, asks, consent.scope);
  return { keep: [...keep, ...chosen.map(({ change }) => change.path)], approved: consent.scope, refused: null };
}

async function remember(
  passage: Passage,
  asks: readonly DecidedAction[],
  scope: "session" | "project" | "package" | "once" | "never",
): Promise<void> {
  for (const { action, terms } of openQuestions(asks)) {
    await passage.deps.policy.remember({ action, terms, scope, by: passage.deps.questions.channel });
  }
}

async function keepChosen(
  passage: Passage,
  run: {
    readonly subject: RecordSubject;
    readonly stage: StagedRun;
    readonly intent: number;
    readonly paths: readonly string[];
  },
): Promise<{ readonly paths: readonly string[]; readonly failure: CallFailure | null }> {
  const { deps, proposal } = passage;
  if (run.paths.length === 0) return { paths: [], failure: null };
  const permit = mint(deps, { call: proposal.call, intent: run.intent }, {
    digest: run.stage.keepDigest(run.paths),
    tier: "host-supervised",
  });
  const outcome = await run.stage.keep(permit, run.paths, { permits: spender(deps) });
  const kept = outcome.ok ? outcome.value.kept : [];
  const failure = outcome.ok
    ? firstProblem(outcome.value.problems)
    : { code: outcome.code, message: outcome.reason, hint: outcome.hint };
  const written = await record(
    deps,
    resultEvent(run.subject, {
      status: failure === null ? "ok" : "error",
      exit: null,
      ms: outcome.ms,
      truncated: false,
      error: failure,
      bytesOut: 0,
      redactions: [],
      sandbox: outcome.profile,
      tagOut: null,
      changes: kept,
    }),
    { risky: false },
  );
  return { paths: kept.map(({ path }) => path), failure: typeof written === "number" ? failure : written };
}

function firstProblem(
  problems: readonly { readonly path: string; readonly code: string; readonly reason: string }[],
): CallFailure | null {
  const [first] = problems;
  if (first === undefined) return null;
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  return { code: first.code, message: `${first.reason}${more}`, hint: "run the command again" };
}

function isSettled(verdict: Verdict): boolean {
  if (verdict.decision === "requires_approval") return verdict.granted !== null;
  return verdict.decision !== "deny";
}

function question(
  passage: Passage,
  run: { readonly asking: readonly Weighed[]; readonly asks: readonly DecidedAction[]; readonly digest: Digest },
): ApprovalRequest {
  const { deps, proposal, plan } = passage;
  // What runs later without being asked stands on top.
  const ordered = run.asking.toSorted((a, b) => Number(b.preview.runsLater) - Number(a.preview.runsLater));
  return {
    session: deps.session,
    call: proposal.call,
    actor: proposal.provenance.actor,
    tool: proposal.tool,
    title: `Keep ${summary(run.asking)} of: ${plan.title}`,
    tier: "host-supervised",
    actions: run.asks,
    preview: { kind: "changes", summary: summary(run.asking), changes: ordered.map(({ preview }) => preview) },
    tainted: run.asks.some(({ action }) => action.tainted),
    origins: proposal.provenance.label.sources,
    handles: [],
    scopes: offeredScopes(run.asks),
    timeoutMs: Math.min(...run.asks.map(({ verdict }) => verdict.approval?.timeoutMs ?? 0)),
    digest: run.digest,
  };
}

function changesDigest(passage: Passage, asking: readonly Weighed[]): Digest {
  return digestOf({
    v: 1,
    session: passage.deps.session,
    call: passage.proposal.call,
    policy: passage.deps.policy.generation.digest,
    changes: asking.map(({ change }) => ({
      path: change.path,
      kind: change.kind,
      before: change.digestBefore,
      after: change.digestAfter,
      mode: change.mode,
    })),
  });
}

function report(
  weighed: readonly Weighed[],
  each: readonly DecidedAction[],
  kept: readonly string[],
): readonly ChangeReport[] {
  return weighed.map(({ change, leaks, ignored }, index) => {
    const verdict = each[index]?.verdict;
    return {
      path: change.relative,
      kind: change.kind,
      bytes: change.bytes,
      decision: leaks ? "deny" : verdict?.decision ?? "deny",
      rule: leaks ? "floor.secret-egress" : verdict?.rule ?? null,
      kept: kept.includes(change.path),
      ignored,
    };
  });
}

function dropped(
  weighed: readonly Weighed[],
  each: readonly DecidedAction[],
  failure: CallFailure | null,
): SettledChanges {
  return { reports: report(weighed, each, []), approved: null, failure };
}

// A change that policy denies, and git does not ignore, makes the call a refusal.
function denial(weighed: readonly Weighed[], each: readonly DecidedAction[]): CallFailure | null {
  for (const [index, { change, leaks, ignored }] of weighed.entries()) {
    const verdict = each[index]?.verdict;
    if (leaks) {
      return {
        code: "SECRET_EGRESS",
        message: `Cannot keep "${change.relative}": it holds a secret value`,
        hint: "let the command use the secret without writing it",
      };
    }
    if (ignored || verdict?.decision !== "deny") continue;
    return {
      code: verdict.rule === null ? "POLICY_DEFAULT" : "POLICY_DENY",
      message: `Cannot keep "${change.relative}": ${
        verdict.rule === null ? "no rule allows it" : `denied by rule "${verdict.rule}" (${verdict.layer ?? "policy"})`
      }`,
      hint: verdict.hint,
    };
  }
  return null;
}

function summary(items: readonly Weighed[]): string {
  return items.length === 1 ? `1 change (${items[0]?.change.relative ?? ""})` : `${items.length} changes`;
}

function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function shown(passage: Passage, bytes: Uint8Array): string | null {
  const text = asText(bytes);
  return text === null ? null : passage.deps.redactor.mask(text).text;
}
