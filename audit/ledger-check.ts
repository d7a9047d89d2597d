import type { SessionId } from "../core/mod.ts";
import type { LedgerRecord } from "./ledger-line.ts";
import { type LedgerLine, ledgerSigner, type LedgerView } from "./ledger-read.ts";
import type { Problem } from "./problem.ts";
import type { SeenHead, SessionReport } from "./verify-session.ts";

/** Which lines of a ledger are about the folder at hand. */
export interface LedgerScope {
  /** What a user ledger calls the project. */
  readonly project: string;
  /** Sessions that lie in the folder, wherever the ledger says they were written. */
  readonly sessions: ReadonlySet<SessionId>;
}

/** What the ledgers are checked with. */
export interface LedgerCheckOptions {
  readonly project: LedgerView;
  /** The project ledger as it was before the user ledger was read; a live session writes both while we look. */
  readonly projectBefore: LedgerView;
  /** `null` when the user ledger at hand belongs to another installation, or there is none to look at. */
  readonly user: LedgerView | null;
  readonly anchors: readonly LedgerView[];
  readonly scope: LedgerScope;
  /** Signing keys that lines may be signed with. */
  readonly keys: readonly Uint8Array[];
  /** Only this session matters. */
  readonly session: SessionId | undefined;
}

/** Lines that fix the state of a session. */
type Fixed = LedgerRecord & { readonly session: SessionId };

/** Breaks of one ledger that are told one by one. */
const MAX_BREAKS = 5;

/** What both ledgers and all anchors say, checked line by line. */
export class LedgerCheck {
  readonly #options: LedgerCheckOptions;
  readonly #problems: { readonly problem: Problem; readonly session: SessionId | null }[] = [];
  readonly #heads = new Map<SessionId, SeenHead[]>();
  readonly #pruned = new Set<SessionId>();
  readonly #told: ReadonlyMap<LedgerView, ReadonlyMap<string, readonly string[]>>;
  // Content of lines whose signature was good, so that a twin in another ledger need not be checked again.
  readonly #signed = new Set<string>();

  constructor(options: LedgerCheckOptions) {
    this.#options = options;
    const { project, projectBefore, user, anchors } = options;
    const own = user === null ? [project] : [project, user];
    this.#told = new Map([projectBefore, ...own].map((view) => [view, tell(view)]));
    for (const view of [...own, ...anchors]) {
      this.#noteBreaks(view);
      this.#takeLines(view);
    }
    this.#noteForeign(project);
  }

  /** All that is wrong with the ledgers, or with what concerns the one session. */
  get problems(): readonly Problem[] {
    const { session } = this.#options;
    return this.#problems.filter((each) => session === undefined || each.session === session).map(({ problem }) =>
      problem
    );
  }

  /** What is wrong where a session stands in the ledgers. */
  problemsOf(session: SessionId): readonly Problem[] {
    return this.#problems.filter((each) => each.session === session).map(({ problem }) => problem);
  }

  /** Signed states of a session, of all ledgers. */
  headsOf(session: SessionId): readonly SeenHead[] {
    return this.#heads.get(session) ?? [];
  }

  /** Sessions that must be there: listed, and not pruned. */
  listed(): readonly SessionId[] {
    return [...this.#heads.keys()].filter((session) => !this.#pruned.has(session));
  }

  /** Whether a session was removed by retention, and that was noted. */
  isPruned(session: SessionId): boolean {
    return this.#pruned.has(session);
  }

  /** Checks that a session stands in the ledgers, and in both of them alike. */
  listingProblems(report: SessionReport): readonly Problem[] {
    const { project, projectBefore, user } = this.#options;
    if (this.headsOf(report.session).length === 0) {
      // Killed before its first line in a ledger: nothing was recorded yet, nothing can be missing.
      if (report.events === 0 && !report.closed) return [];
      return [{ code: "SESSION_UNLISTED", seq: null, detail: "no ledger lists this session" }];
    }
    if (user === null) return [];
    const ours = this.#toldOf(project, report.session);
    const theirs = this.#toldOf(user, report.session);
    const before = this.#toldOf(projectBefore, report.session).length;
    if (isSame({ ours, theirs, before, closed: report.closed })) return [];
    const detail = `HEADS has ${ours.length} lines of this session, user HEADS ${theirs.length}`;
    return [{
      code: "LEDGERS_DIFFER",
      seq: null,
      detail: ours.length === theirs.length ? `${detail}, not the same` : detail,
    }];
  }

  #toldOf(view: LedgerView, session: SessionId): readonly string[] {
    return this.#told.get(view)?.get(session) ?? [];
  }

  #takeLines(view: LedgerView): void {
    for (const [index, line] of view.lines.entries()) {
      const { record } = line;
      const inScope = isInScope(record, this.#options.scope) && this.#isWanted(record);
      const last = index === view.lines.length - 1;
      if (!inScope && !last) continue;
      // The last line has no successor whose chain value would cover all of it: only its own signature does.
      if (!this.#isSigned(line, last)) {
        this.#note(view, index, `line ${record.n} of ${view.name} is not signed by this installation`);
        continue;
      }
      if (!inScope || record.session === undefined) continue;
      if (record.kind === "prune") this.#pruned.add(record.session);
      if (!isFixed(record)) continue;
      const heads = this.#heads.get(record.session) ?? [];
      heads.push({ by: view.name, record });
      this.#heads.set(record.session, heads);
    }
  }

  #isWanted(record: LedgerRecord): boolean {
    const { session } = this.#options;
    return session === undefined || record.session === undefined || record.session === session;
  }

  #isSigned(line: LedgerLine, always: boolean): boolean {
    const content = contentOf(line.record);
    // Both ledgers say the same of a session: one good signature stands for it. Not so for lines of other kinds.
    if (!always && isFixed(line.record) && this.#signed.has(content)) return true;
    if (ledgerSigner(line, this.#options.keys) === null) return false;
    this.#signed.add(content);
    return true;
  }

  #noteBreaks(view: LedgerView): void {
    for (const { detail, after } of view.breaks.slice(0, MAX_BREAKS)) {
      this.#note(view, after, `${view.name}: ${detail}`);
    }
    const rest = view.breaks.slice(MAX_BREAKS);
    const [first] = rest;
    if (first !== undefined) this.#note(view, first.after, `${view.name}: and ${rest.length} more lines`);
  }

  /** Threat: the user ledger copied over the project's: well signed and chained, but no longer a witness of its own. */
  #noteForeign(project: LedgerView): void {
    const index = project.lines.findIndex(({ record }) => record.dir !== undefined);
    const line = project.lines[index];
    if (line !== undefined) {
      this.#note(project, index, `line ${line.record.n} of ${project.name} is one of a user ledger`);
    }
  }

  /** Notes a problem with the session that stands nearest to it. */
  #note(view: LedgerView, index: number, detail: string): void {
    const before = view.lines.slice(0, index + 1).findLast(({ record }) => this.#concerns(record));
    const near = before ?? view.lines.slice(index).find(({ record }) => this.#concerns(record));
    const problem: Problem = { code: "LEDGER_BROKEN", seq: null, detail };
    this.#problems.push({ problem, session: near?.record.session ?? null });
  }

  #concerns(record: LedgerRecord): boolean {
    return record.session !== undefined && isInScope(record, this.#options.scope) && record.kind !== "prune";
  }
}

/**
 * Tells whether a ledger says anything about a folder.
 *
 * @param view The ledger.
 * @param scope The folder.
 * @returns `true` when any line names its project or one of its sessions.
 */
export function mentions(view: LedgerView, scope: LedgerScope): boolean {
  return view.lines.some(({ record }) =>
    record.dir === scope.project || (record.session !== undefined && scope.sessions.has(record.session))
  );
}

function isInScope(record: LedgerRecord, scope: LedgerScope): boolean {
  if (record.session !== undefined && scope.sessions.has(record.session)) return true;
  // A project ledger has no `dir`: all of it is about the folder that it lies in.
  return record.session !== undefined && (record.dir === undefined || record.dir === scope.project);
}

function isFixed(record: LedgerRecord): record is Fixed {
  return record.session !== undefined && (record.kind === "open" || record.kind === "head" || record.kind === "close");
}

/** What a line says of a session, without its place in one ledger. */
export function contentOf(record: LedgerRecord): string {
  const { kind, session, seg, seq, size, root, head } = record;
  return [kind, session, seg, seq, size, root, head].join(" ");
}

/** What a ledger says of each session, in order. */
function tell(view: LedgerView): ReadonlyMap<string, readonly string[]> {
  const told = new Map<string, string[]>();
  for (const { record } of view.lines) {
    if (!isFixed(record)) continue;
    const lines = told.get(record.session) ?? [];
    lines.push(contentOf(record));
    told.set(record.session, lines);
  }
  return told;
}

/**
 * The same lines in both ledgers. Of a session that is not closed the last one may be missing in one of them: its
 * writer died between the two. What the project ledger got while we read the user ledger is not missing there either.
 */
function isSame(
  { ours, theirs, before, closed }: {
    readonly ours: readonly string[];
    readonly theirs: readonly string[];
    readonly before: number;
    readonly closed: boolean;
  },
): boolean {
  const [short, long] = ours.length < theirs.length ? [ours, theirs] : [theirs, ours];
  if (!short.every((line, index) => line === long[index])) return false;
  const missing = ours.length < theirs.length ? theirs.length - ours.length : Math.max(0, before - theirs.length);
  return missing <= (closed ? 0 : 1);
}
