import { rmSync, statSync } from "node:fs";
import type { LedgerEntry } from "./ledger-line.ts";
import type { AuditLogOptions } from "./log.ts";
import { scanSegment, type SegmentScan } from "./scan-segment.ts";
import { headEntry } from "./head-entry.ts";
import { peekHeader } from "./peek-header.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";
import { settledTime } from "./settled-time.ts";

const DAY_MS = 86_400_000;
/** At most so many at one start, so that a long absence does not make it slow. */
const AT_ONCE = 100;

/**
 * Deletes whole closed sessions that are past their retention. Each is noted in the ledgers, on disk, before it goes:
 * a session that is neither there nor noted was deleted by somebody else. A clock that ran far ahead of the record is
 * not believed until a week of sessions bears it out.
 *
 * @param options Folder, clock and settings.
 * @param append Appends lines to both ledgers and syncs them.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when the ledgers cannot be written; nothing is deleted then.
 */
export async function pruneSessions(
  options: Pick<AuditLogOptions, "dir" | "clock" | "settings" | "session">,
  append: (entries: readonly LedgerEntry[]) => Promise<void>,
): Promise<void> {
  const sessions = listSessionFiles(options.dir).toReversed();
  const before = settledTime(startsOf(sessions), options.clock.now()) - options.settings.retention * DAY_MS;
  const old = sessions.filter((files) => files.session !== options.session && isUntouchedSince(files, before)).slice(
    0,
    AT_ONCE,
  );
  for (const files of old) {
    const end = closedEnd(files);
    if (end === null || (end.scan.times?.[1] ?? Infinity) >= before) continue;
    await append([headEntry("prune", { session: files.session, seg: end.seg }, end.scan.end)]);
    // The first segment last: a session that lost only its end would look cut, one without its start is plainly gone.
    for (const { path } of files.segments.toReversed()) rmSync(path, { force: true });
  }
}

function startsOf(sessions: readonly SessionFiles[]): readonly number[] {
  return sessions.flatMap(({ segments: [first] }) => {
    const header = first === undefined ? null : peekHeader(first.path);
    return header === null ? [] : [header.created];
  });
}

function isUntouchedSince(files: SessionFiles, before: number): boolean {
  return files.segments.every(({ path }) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before);
}

interface ClosedEnd {
  readonly seg: number;
  readonly scan: SegmentScan;
}

/** The end of a session that is sound and closed; `null` for any other: it stays as evidence. */
function closedEnd(files: SessionFiles): ClosedEnd | null {
  const ends: ClosedEnd[] = [];
  for (const { seg, path } of files.segments) {
    const before = ends.at(-1);
    if (seg !== (before?.seg ?? 0) + 1) return null;
    const after = before === undefined ? null : { chain: before.scan.end.head, seq: before.scan.end.seq };
    const scan = scanSegment({ path, session: files.session, seg, after, signatures: true });
    if (scan.problems.length > 0) return null;
    ends.push({ seg, scan });
  }
  const last = ends.at(-1);
  return last === undefined || last.scan.closed === null || last.scan.closed === "rotated" ? null : last;
}
