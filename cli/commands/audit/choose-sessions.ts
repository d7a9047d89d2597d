import { listSessionFiles, listSessions, needsContent } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import { CliError } from "../../errors.ts";
import type { Reading } from "./open-reading.ts";

/**
 * Finds the sessions that the filter of a command line names.
 *
 * @param reading The record.
 * @returns Their ids, or `null` when there is no filter.
 */
export async function chooseSessions(reading: Reading): Promise<ReadonlySet<SessionId> | null> {
  const { filter, dir, secretOf } = reading;
  if (!needsContent(filter) && filter.since === undefined && filter.until === undefined) return null;
  return new Set((await listSessions(dir, secretOf, filter)).map(({ session }) => session));
}

/**
 * Finds the newest session of the record.
 *
 * @param reading The record.
 * @returns Its id.
 * @throws {CliError} `NOT_FOUND` when there is none.
 */
export function newestSession(reading: Reading): SessionId {
  const newest = listSessionFiles(reading.dir)[0];
  if (newest !== undefined) return newest.session;
  throw new CliError("NOT_FOUND", `Cannot find a session: nothing was recorded in "${reading.dir}" yet`, {
    hint: "make a call first, e.g.: agentzero call list",
  });
}
