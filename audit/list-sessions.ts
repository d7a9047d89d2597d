import type { SessionId } from "../core/mod.ts";
import { DanglingCalls } from "./dangling.ts";
import type { AuditEvent } from "./event.ts";
import { type EventFilter, matches, needsContent } from "./event-filter.ts";
import { timestampOf } from "./event-reader.ts";
import { readSession } from "./read-session.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles } from "./session-files.ts";

/** One session in a list. */
export interface SessionSummary {
  /** Its id, which also says when it was made. */
  readonly session: SessionId;
  /** RFC 3339, UTC; `null` when its first line cannot be read. */
  readonly start: string | null;
  /** Number of sound events. */
  readonly events: number;
  /** Denied calls; `null` when the key is locked. */
  readonly denied: number | null;
  /** `true` when it was ended properly; `false` while it runs, and after a crash. */
  readonly closed: boolean;
  /** Allowed calls without a result; `null` when the key is locked. */
  readonly dangling: number | null;
  /** `true` when the keys at hand open every segment. */
  readonly readable: boolean;
}

/**
 * Lists the sessions of a folder, newest first.
 *
 * @param dir The audit folder.
 * @param secretOf Reading keys.
 * @param filter Only sessions that began in this time and hold a matching event.
 * @returns One summary a session.
 */
export async function listSessions(
  dir: string,
  secretOf: SecretOf,
  filter: EventFilter = {},
): Promise<readonly SessionSummary[]> {
  const { since, until, ...content } = filter;
  const summaries: SessionSummary[] = [];
  for (const files of listSessionFiles(dir)) {
    const began = sessionTime(files.session);
    if (began < (since ?? -Infinity) || began >= (until ?? Infinity)) continue;
    const counts = new Counts();
    let found = !needsContent(filter);
    const read = await readSession(files, secretOf, (stored) => {
      found ||= matches(content, stored);
      if (stored.event !== null) counts.take(stored.event);
    });
    if (!found) continue;
    summaries.push({
      session: files.session,
      start: read.start === null ? null : timestampOf(read.start),
      events: read.events,
      denied: read.readable ? counts.denied : null,
      closed: read.closed,
      dangling: read.readable ? counts.dangling : null,
      readable: read.readable,
    });
  }
  return summaries;
}

/**
 * Reads the time that an id was made at.
 *
 * @param id `ses_`, `call_` or `exe_` and a ULID.
 * @returns Milliseconds since 1970.
 */
export function sessionTime(id: string): number {
  let time = 0;
  for (const digit of id.slice(id.indexOf("_") + 1, id.indexOf("_") + 11)) time = time * 32 + ALPHABET.indexOf(digit);
  return time;
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

class Counts {
  readonly #dangling = new DanglingCalls();
  denied = 0;

  get dangling(): number {
    return this.#dangling.ids().length;
  }

  take(event: AuditEvent): void {
    this.#dangling.take(event);
    if (isDenied(event)) this.denied++;
  }
}

/** A call that policy or a person denied: counted once, at the record that settled it. */
export function isDenied(event: AuditEvent): boolean {
  if (event.event === "intent") return event.decision === "deny";
  return event.event === "approval" && event.approval !== null && event.approval !== undefined &&
    event.approval.answer !== "allow";
}
