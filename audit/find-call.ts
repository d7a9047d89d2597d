import type { SessionId } from "../core/mod.ts";
import { sessionTime } from "./list-sessions.ts";
import { readSession, type StoredEvent } from "./read-session.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles } from "./session-files.ts";

/** The events of one call or execution. */
export interface FoundCall {
  /** The session it belongs to. */
  readonly session: SessionId;
  /** All of its events, in order. */
  readonly events: readonly StoredEvent[];
}

/** What a search gave. */
export interface CallSearch {
  /** What was found, or `null`. */
  readonly found: FoundCall | null;
  /** Sessions that could not be looked into. */
  readonly locked: number;
}

/**
 * Finds a call or execution by its id, in the session that was running when the id was made first.
 *
 * @param dir The audit folder.
 * @param secretOf Reading keys.
 * @param id `call_…` or `exe_…`.
 * @returns Its events, and how many sessions are closed to us.
 */
export async function findCall(dir: string, secretOf: SecretOf, id: string): Promise<CallSearch> {
  const made = sessionTime(id);
  const files = listSessionFiles(dir);
  // A call is younger than its session: of those the youngest is nearly always right, the rest is looked at afterwards.
  const likely = files.filter(({ session }) => sessionTime(session) <= made);
  let locked = 0;
  for (const each of [...likely, ...files.filter((other) => !likely.includes(other))]) {
    const events: StoredEvent[] = [];
    const read = await readSession(each, secretOf, (stored) => {
      if (stored.event?.call === id || stored.event?.execution_id === id) events.push(stored);
    });
    if (events.length > 0) return { found: { session: each.session, events }, locked };
    if (!read.readable) locked++;
  }
  return { found: null, locked };
}
