import { listSessionFiles, listSessions, needsContent } from "../../../audit/mod.ts";
import type { SessionId } from "../../../core/mod.ts";
import type { CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { badUsage } from "../../usage.ts";
import { type Reading, sessionArgument } from "./open-reading.ts";

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

/**
 * Reads which session a command line names.
 *
 * @param input Arguments and options.
 * @returns The session, or `null` when none is named.
 * @throws {CliError} `NOT_FOUND`, or `USAGE` when both an id and `--all` are given.
 */
export function namedSession(input: CommandInput): SessionId | null {
  const id = input.arg(0);
  if (id === undefined) return null;
  if (!input.flag("all")) return sessionArgument(id);
  throw badUsage(`Cannot take "${id.slice(0, 64)}" and --all together`, "leave one of them out");
}

/**
 * Chooses what `export` and `report` are about: the session that is named, with `--all` every one, else the newest.
 *
 * @param reading The record.
 * @param input Arguments and options.
 * @returns The session, or `null` for all.
 * @throws {CliError} `NOT_FOUND`, or `USAGE` when both an id and `--all` are given.
 */
export function chooseOne(reading: Reading, input: CommandInput): SessionId | null {
  const named = namedSession(input);
  return named !== null || input.flag("all") ? named : newestSession(reading);
}
