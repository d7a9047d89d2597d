import {
  AuditError,
  type AuditEvent,
  listSessionFiles,
  type Problem,
  readSession,
  verify,
} from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import { CliError } from "../../errors.ts";
import { lockedError } from "../audit/locked.ts";
import type { Reading } from "../audit/open-reading.ts";

/** An event and its number. */
export interface NumberedEvent {
  readonly session: SessionId;
  readonly seq: number;
  readonly event: AuditEvent;
}

/**
 * Reads the events of a session whose record is sound.
 *
 * @param reading The record.
 * @param session Which.
 * @returns Every event.
 * @throws {AuditError} The code of the first problem that `audit verify` finds (exit 7), `NOT_FOUND`, `AUDIT_LOCKED`.
 */
export async function readVerified(reading: Reading, session: SessionId): Promise<readonly NumberedEvent[]> {
  const { dir, home, project, keys, secretOf } = reading;
  const report = await verify({ dir, home, project, session, identity: keys?.auditSign.publicKey ?? null, secretOf });
  const problem = report.sessions.flatMap((one) => one.problems)[0] ?? report.problems[0];
  // Threat: a record somebody edited, so that the new policy looks as harmless as the old one.
  if (!report.ok) throw unsound(session, problem);
  return await readEvents(reading, session);
}

/**
 * Reads the events of a session as they stand.
 *
 * @param reading The record.
 * @param session Which.
 * @returns Every event.
 * @throws {CliError} `NOT_FOUND`. @throws {AuditError} `AUDIT_LOCKED` when our keys do not open them, the code of what
 * is damaged.
 */
export async function readEvents(reading: Reading, session: SessionId): Promise<readonly NumberedEvent[]> {
  const files = listSessionFiles(reading.dir).find((one) => one.session === session);
  const events: NumberedEvent[] = [];
  if (files === undefined) {
    throw new CliError("NOT_FOUND", `Cannot use the record of ${session}: it is not in this project`, {
      hint: "see: agentzero audit list",
    });
  }
  const read = await readSession(files, reading.secretOf, ({ seq, event }) => {
    if (event !== null) events.push({ session, seq, event });
  });
  // A file that is damaged opens for nobody: that no key fits is not what is wrong with it.
  const [problem] = read.problems;
  if (problem !== undefined) throw unsound(session, problem);
  if (!read.readable) throw lockedError(reading);
  return events;
}

/**
 * Refuses to go on with a record that is not what was written.
 *
 * @param session Whose.
 * @param problem What is wrong with it.
 * @returns The failure, exit 7.
 */
export function unsound(session: SessionId, problem: Problem | undefined): AuditError {
  const seen = problem?.detail ?? "it is not sound";
  return new AuditError(problem?.code ?? "EVENT_INVALID", `Cannot use the record of ${session}: ${seen}`, {
    hint: `agentzero audit verify ${session}`,
  });
}
