import { closeSync, fstatSync, readSync } from "node:fs";
import { AuditError } from "./errors.ts";
import { openForReading } from "./open-for-reading.ts";
import { peekHeader } from "./peek-header.ts";
import type { Continuation } from "./resume.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";
import type { WriterFacts } from "./log.ts";
import { liveness } from "./writer-facts.ts";

/** How many of the newest sessions a start looks at. */
const NEWEST = 64;
const TAIL_BYTES = 1024;

/**
 * Finds the sessions that a killed process left without a close record, among the newest.
 *
 * @param dir The audit folder.
 * @param own This process.
 * @returns Sessions whose last segment has no close record and whose writer is dead.
 */
export function abandonedSessions(dir: string, own: WriterFacts): readonly SessionFiles[] {
  return listSessionFiles(dir).slice(0, NEWEST).filter(({ segments }) => {
    const last = segments.at(-1);
    return last !== undefined && !endsInClose(last.path) && isDead(last.path, own);
  });
}

/**
 * Tells whether nothing more will be written to a session by whoever writes it.
 *
 * @param files The session.
 * @param own This process.
 * @returns `true` when its last segment has a close record, or its writer is dead.
 */
export function hasEnded({ segments }: SessionFiles, own: WriterFacts): boolean {
  const last = segments.at(-1);
  return last === undefined || endsInClose(last.path) || isDead(last.path, own);
}

function isDead(path: string, own: WriterFacts): boolean {
  const header = peekHeader(path);
  return header !== null && liveness(header.writer, own) === "dead";
}

/**
 * Says in words what a dead writer left.
 *
 * @param broken What {@link Continuation} found.
 * @returns The reason of a `session.recovered` event.
 */
export function describeBroken(broken: NonNullable<Continuation["broken"]>): string {
  const torn = broken.torn > 0 ? `; ${broken.torn} bytes of an unfinished line` : "";
  if (broken.dangling === null) return `its writer died; what was dangling cannot be read with the keys at hand${torn}`;
  const ids = broken.dangling.length === 0 ? "nothing dangling" : `dangling: ${broken.dangling.join(" ")}`;
  return `its writer died; ${ids}${torn}`;
}

/**
 * Tells whether an error about another session may be left to `verify`: that session stays as it is, ours can start.
 *
 * @param error What recovering it gave.
 * @returns `false` for failures that concern our own session too, e.g. a full disk.
 */
export function isTheirs(error: unknown): boolean {
  return error instanceof AuditError && error.code !== "AUDIT_UNWRITABLE" && error.code !== "LEDGER_BROKEN";
}

/** Looks at the last line only: whether it is sound is for `verify` to say. */
function endsInClose(path: string): boolean {
  try {
    const fd = openForReading(path);
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(TAIL_BYTES, size));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      const text = buffer.toString("latin1");
      return text.endsWith("\n") && text.slice(text.lastIndexOf("\n", text.length - 2) + 1).startsWith('{"t":"z"');
    } finally {
      closeSync(fd);
    }
  } catch {
    return true;
  }
}
