import { closeSync, fstatSync, readSync } from "node:fs";
import type { SessionId } from "../core/mod.ts";
import type { Ledger } from "./ledger.ts";
import { contentOf } from "./ledger-check.ts";
import { type LedgerRecord, parseLedgerLine } from "./ledger-line.ts";
import { readLedger } from "./ledger-read.ts";
import { openForReading } from "./open-for-reading.ts";

const WINDOW_BYTES = 65_536;

/** The two ledgers that a session stands in. */
export interface LedgerPair {
  readonly project: { readonly path: string; readonly ledger: Ledger };
  readonly user: { readonly path: string; readonly ledger: Ledger };
}

/**
 * Reads the last line of a ledger without checking anything.
 *
 * @param path The ledger.
 * @returns The record, or `null` when there is none that can be read.
 */
export function lastLedgerLine(path: string): LedgerRecord | null {
  return findBackwards(path, "");
}

/**
 * Adds the one line that one ledger lacks because the writer died between the two. Called only for sessions whose
 * writer is certainly dead. More than one line is not mended: that is for `verify` to report.
 *
 * @param pair Both ledgers.
 * @param session The session.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when the line cannot be written.
 */
export async function mendLedgers(pair: LedgerPair, session: SessionId): Promise<void> {
  const last = [pair.project, pair.user].map(({ path }) => findBackwards(path, `"session":"${session}"`));
  const [inProject, inUser] = last.map((record) => record === null ? null : contentOf(record));
  if (inProject === inUser) return;
  const [project, user] = [linesOf(pair.project.path, session), linesOf(pair.user.path, session)];
  const [short, long, behind] = project.length < user.length
    ? [project, user, pair.project]
    : [user, project, pair.user];
  const missing = long.at(-1);
  if (missing === undefined || long.length !== short.length + 1) return;
  if (!short.every((record, index) => contentOf(record) === contentOf(long[index] ?? record))) return;
  await behind.ledger.append([missing], false, () => {
    const now = findBackwards(behind.path, `"session":"${session}"`);
    return now !== null && contentOf(now) === contentOf(missing);
  });
}

function linesOf(path: string, session: SessionId): readonly LedgerRecord[] {
  return readLedger(path, "").lines.map(({ record }) => record).filter((record) =>
    record.session === session && record.kind !== "read"
  );
}

/** The last whole line that holds a text, looked for from the end: recent sessions stand there. */
function findBackwards(path: string, text: string): LedgerRecord | null {
  let fd: number;
  try {
    fd = openForReading(path);
  } catch {
    return null;
  }
  try {
    const { size } = fstatSync(fd);
    for (let window = WINDOW_BYTES;; window *= 4) {
      const length = Math.min(window, size);
      const buffer = Buffer.alloc(length);
      readSync(fd, buffer, 0, length, size - length);
      const lines = buffer.toString("utf8").split("\n").slice(length === size ? 0 : 1, -1);
      const line = lines.findLast((each) => each.includes(text) && !each.includes('"kind":"read"'));
      if (line !== undefined) return parseLedgerLine(line);
      if (length === size) return null;
    }
  } finally {
    closeSync(fd);
  }
}
