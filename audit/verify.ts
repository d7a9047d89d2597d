import { join } from "node:path";
import { fromBase64, loadSodium, type SessionId, toBase64 } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { identitiesOf } from "./identities.ts";
import { LedgerCheck, mentions } from "./ledger-check.ts";
import { type LedgerView, readLedger } from "./ledger-read.ts";
import { userLedgerPath } from "./ledgers.ts";
import { peekHeader } from "./peek-header.ts";
import type { Problem } from "./problem.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";
import { FULL_EVENTS, type SessionReport, verifySession } from "./verify-session.ts";

/** What to verify, and with which keys. */
export interface VerifyOptions {
  /** The audit folder. */
  readonly dir: string;
  /** `$AGENTZERO_HOME` with the user ledger, or `null` to go without. */
  readonly home: string | null;
  /** What the user ledger calls this folder's project: its real path, or the home for sessions without one. */
  readonly project: string;
  /** Only this session. */
  readonly session?: SessionId | undefined;
  /** Our own signing key, or `null` when this machine has none. */
  readonly identity: Uint8Array | null;
  /** A signing key that was given out of band: nothing else is accepted, and nothing is decrypted. */
  readonly pin?: Uint8Array | undefined;
  /** Reading keys; one that always gives `null` checks what everybody can check. */
  readonly secretOf: SecretOf;
  /** `true`: decrypt everything, however long it takes. */
  readonly full?: boolean | undefined;
  /** Files with ledger lines from elsewhere. */
  readonly anchors?: readonly string[] | undefined;
}

/** What verify found. */
export interface VerifyReport {
  /** `true` when neither a session nor a ledger has a problem. */
  readonly ok: boolean;
  /** Newest first. */
  readonly sessions: readonly SessionReport[];
  /** What is wrong with the ledgers as such. */
  readonly problems: readonly Problem[];
}

/**
 * Verifies sessions: their form, chains, roots and signatures, both ledgers and any anchor, and as much of their content
 * as the keys at hand can open.
 *
 * @example
 * ```ts
 * const { ok, sessions } = await verify({ dir, home, project, identity, secretOf: () => null });
 * ```
 * @param options What, and with which keys.
 * @returns The report; never throws for what stands in the files.
 * @throws {AuditError} `NOT_FOUND` for a session that is neither there nor in any ledger.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  await loadSodium();
  const report = verifyOnce(options);
  // A session that ends right now is closed in its file a moment before both ledgers say so: look again.
  const isRacy = report.sessions.some(({ problems }) => problems.some(({ code }) => code === "LEDGERS_DIFFER"));
  return isRacy ? verifyOnce(options) : report;
}

function verifyOnce(options: VerifyOptions): VerifyReport {
  const { check, signers, files } = readLedgers(options);
  const decrypt = options.pin !== undefined ? 0 : options.full === true ? Infinity : FULL_EVENTS;
  const sessions = chooseSessions(files, check, options.session).map((each) => {
    const heads = check.headsOf(each.session);
    const report = each.segments.length === 0
      ? missingReport(each.session)
      : verifySession({ files: each, heads, signers, secretOf: options.secretOf, decrypt });
    const more = [...check.listingProblems(report), ...check.problemsOf(each.session)];
    return more.length === 0 ? report : { ...report, ok: false, problems: [...report.problems, ...more] };
  });
  const { problems } = check;
  return { ok: problems.length === 0 && sessions.every(({ ok }) => ok), sessions, problems };
}

interface Gathered {
  readonly files: readonly SessionFiles[];
  readonly check: LedgerCheck;
  /** Keys that may have signed all this, base64; `null` accepts what headers say. */
  readonly signers: readonly string[] | null;
}

/** Reads file names, both ledgers and the anchors, in an order that holds while sessions write them. */
function readLedgers(options: VerifyOptions): Gathered {
  const known = new Set(listSessionFiles(options.dir).map(({ session }) => session));
  const heads = join(options.dir, "HEADS");
  const projectBefore = readLedger(heads, "HEADS");
  const user = options.home === null ? null : readLedger(userLedgerPath(options.home), "user HEADS");
  const project = readLedger(heads, "HEADS");
  const listed = new Set(project.lines.map(({ record }) => record.session));
  // A session that began after the ledgers were read stands in none of them yet.
  const files = listSessionFiles(options.dir).filter(({ session }) => known.has(session) || listed.has(session));
  const named = files.flatMap(({ segments }) => segments.flatMap(({ path }) => peekHeader(path)?.id ?? []));
  const ledgers = user === null ? [project] : [project, user];
  const own = options.identity === null ? [] : identitiesOf(options.identity, ledgers, named);
  const scope = { project: options.project, sessions: new Set(files.map(({ session }) => session)) };
  // Somebody else's log: what our own user ledger says, or does not say, is not about it.
  const ours = named.some((id) => own.some((key) => toBase64(key) === id)) || (user !== null && mentions(user, scope));
  const pinned = options.pin === undefined ? null : identitiesOf(options.pin, ledgers, named);
  const trusted = pinned ?? (ours ? own : null);
  // Whoever pins the key of another installation asks about its sessions: our user ledger never saw them.
  const theirs = options.identity !== null && pinned !== null && !pinned.some((key) => isAmong(key, own));
  const check = new LedgerCheck({
    project,
    projectBefore,
    user: ours && !theirs ? user : null,
    anchors: (options.anchors ?? []).map(readAnchor),
    scope,
    keys: trusted ?? [...new Set(named)].flatMap((id) => fromBase64(id) ?? []),
    session: options.session,
  });
  return { files, check, signers: trusted?.map(toBase64) ?? null };
}

function isAmong(key: Uint8Array, keys: readonly Uint8Array[]): boolean {
  return keys.some((one) => toBase64(one) === toBase64(key));
}

function readAnchor(path: string): LedgerView {
  const anchor = readLedger(path, path, true);
  if (anchor.exists) return anchor;
  throw new AuditError("NOT_FOUND", `Cannot read anchor "${path}": it does not exist`, {
    hint: "name a file with copies of ledger lines",
  });
}

function chooseSessions(
  files: readonly SessionFiles[],
  check: LedgerCheck,
  only: SessionId | undefined,
): readonly SessionFiles[] {
  const present = new Set(files.map(({ session }) => session));
  const gone = check.listed().filter((session) => !present.has(session)).map((session) => ({ session, segments: [] }));
  const all = [...files.filter(({ session }) => !check.isPruned(session)), ...gone]
    .filter(({ session }) => only === undefined || session === only)
    .toSorted((a, b) => a.session < b.session ? 1 : -1);
  if (only !== undefined && all.length === 0) {
    throw new AuditError("NOT_FOUND", `Cannot verify session "${only}": it is not in this project`, {
      hint: "see: agentzero audit list",
    });
  }
  return all;
}

function missingReport(session: SessionId): SessionReport {
  const problem: Problem = { code: "SESSION_MISSING", seq: null, detail: "its file is not there" };
  return {
    session,
    ok: false,
    events: 0,
    closed: false,
    head: null,
    problems: [problem],
    checked: "public",
    segments: 0,
    dangling: null,
    torn: 0,
  };
}
