import type { SessionId } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { type EventFilter, matches } from "./event-filter.ts";
import { readSession, type SessionRead, type StoredEvent } from "./read-session.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";

/** Which sessions and events are wanted. */
export interface WalkOptions {
  /** The audit folder. */
  readonly dir: string;
  /** Reading keys. */
  readonly secretOf: SecretOf;
  /** One session, or `null` for all of them. */
  readonly session: SessionId | null;
  /** Which of their events; an empty filter wants all. */
  readonly filter: EventFilter;
}

/**
 * Reads the events of one or all sessions in the order they were recorded, oldest session first.
 *
 * @param options Which ones.
 * @param visit Sees each event that the filter matches; `event` is `null` while the key is locked.
 * @returns What is known of each session that was read.
 * @throws {AuditError} `NOT_FOUND` for a session that is not there.
 */
export async function walkSessions(
  options: WalkOptions,
  visit: (stored: StoredEvent) => void,
): Promise<readonly SessionRead[]> {
  const reads: SessionRead[] = [];
  for (const files of chosen(options).toReversed()) {
    let found = false;
    const read = await readSession(files, options.secretOf, (stored) => {
      if (!matches(options.filter, stored)) return;
      found = true;
      visit(stored);
    });
    if (found || isWhole(options.filter)) reads.push(read);
  }
  return reads;
}

function chosen({ dir, session }: WalkOptions): readonly SessionFiles[] {
  const files = listSessionFiles(dir).filter((each) => session === null || each.session === session);
  if (session === null || files.length > 0) return files;
  throw new AuditError("NOT_FOUND", `Cannot read session "${session}": it is not in this record`, {
    hint: "see: agentzero audit list",
  });
}

function isWhole(filter: EventFilter): boolean {
  return Object.values(filter).every((part) => part === undefined);
}
