import { statSync } from "node:fs";
import { basename } from "node:path";
import type { SessionId } from "../core/mod.ts";
import { segmentName } from "./format-record.ts";
import type { WriterFacts } from "./log.ts";
import { type OtlpCursor, type OtlpPosition, readCursor, writeCursor } from "./otlp-cursor.ts";
import type { StoredEvent } from "./read-session.ts";
import { hasEnded } from "./recover.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";
import { SessionTail } from "./session-tail.ts";

/** Events in one batch. */
const MAX_BATCH = 512;

/** What the queue is made of. */
export interface OtlpQueueOptions {
  /** The audit folder. */
  readonly dir: string;
  /** The session being recorded. */
  readonly session: SessionId;
  /** Number of its last event before it was opened now; 0 for a new one. */
  readonly from: number;
  /** Reading keys; what they do not open has only what stands in clear. */
  readonly secretOf: SecretOf;
  /** This process, to tell sessions that ended from those that others still record. */
  readonly writer: WriterFacts;
}

/** Events of one session that were not handed over yet. */
export interface OtlpBatch {
  readonly events: readonly StoredEvent[];
  /** Where the session stands before and after them. */
  readonly before: OtlpPosition;
  readonly after: OtlpPosition;
}

/**
 * What was not handed over yet. The log itself is the queue and the cursor says how far it was read: events of this
 * session, and of those that ended behind the cursor. A session that another process still records is left to that one.
 * Whoever calls holds the lock of the cursor.
 */
export class OtlpQueue {
  readonly #options: OtlpQueueOptions;
  readonly #tails = new Map<SessionId, SessionTail>();
  readonly #done = new Set<SessionId>();
  #waiting: OtlpBatch | null = null;

  constructor(options: OtlpQueueOptions) {
    this.#options = options;
  }

  /**
   * Gives what is next, oldest session first; the same again until it is acknowledged.
   *
   * @returns At most 512 events of one session, or `null` when all was handed over.
   */
  async next(): Promise<OtlpBatch | null> {
    const { dir } = this.#options;
    const cursor = this.#cursor();
    // The first session ever must not be forgotten when nobody takes it.
    if (readCursor(dir) === null) writeCursor(dir, cursor);
    const waiting = this.#waiting;
    if (waiting !== null && this.#positionIn(cursor, waiting.before.session).seq === waiting.before.seq) return waiting;
    this.#waiting = null;
    for (const files of this.#candidates(cursor)) {
      const before = this.#positionIn(cursor, files.session);
      if (files.session !== this.#options.session && isAtEnd(files, before)) {
        this.#done.add(files.session);
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop -- one session after the other, in order
      const batch = await this.#read(before);
      if (batch.events.length > 0) {
        this.#waiting = batch;
        return batch;
      }
      if (files.session !== this.#options.session) this.#done.add(files.session);
    }
    return null;
  }

  /** Moves the cursor behind a batch. @throws {CoreError} `FILE_WRITE`. */
  acknowledge({ after }: OtlpBatch): void {
    const { dir } = this.#options;
    const old = this.#cursor();
    const at = new Map(old.map((position) => [position.session, position]));
    at.set(after.session, after);
    this.#waiting = null;
    const floor = this.#floor(old[0].session, at);
    const first = at.get(floor) ?? startOf(floor, 0);
    const others = [...at.values()].filter(({ session }) => session > floor || this.#isOpen(session));
    writeCursor(dir, [first, ...others.filter(({ session }) => session !== floor)]);
  }

  /** The first session from the old floor on that is not done; the last one there is when all are. */
  #floor(old: SessionId, at: ReadonlyMap<SessionId, OtlpPosition>): SessionId {
    const { dir, writer } = this.#options;
    const all = listSessionFiles(dir).filter(({ session }) => session >= old).toReversed();
    const open = all.find((files) => {
      const position = at.get(files.session);
      return position === undefined || !isAtEnd(files, position) || !hasEnded(files, writer);
    });
    return open?.session ?? all.at(-1)?.session ?? old;
  }

  /** A resumed session below the floor keeps its place for as long as it goes on. */
  #isOpen(session: SessionId): boolean {
    return session === this.#options.session;
  }

  #candidates(cursor: OtlpCursor): readonly SessionFiles[] {
    const { dir, session: own, writer } = this.#options;
    const floor = cursor[0].session;
    return listSessionFiles(dir).filter((files) => {
      const { session } = files;
      if (session === own) return true;
      return session >= floor && !this.#done.has(session) && hasEnded(files, writer);
    }).toReversed();
  }

  #cursor(): OtlpCursor {
    const { dir, session, from } = this.#options;
    return readCursor(dir) ?? [startOf(session, from)];
  }

  #positionIn(cursor: OtlpCursor, session: SessionId): OtlpPosition {
    const known = cursor.find((position) => position.session === session);
    // A session below the floor was handed over once; of one that is resumed only what is new goes out.
    return known ?? startOf(session, session < cursor[0].session ? this.#options.from : 0);
  }

  async #read(before: OtlpPosition): Promise<OtlpBatch> {
    const { dir, secretOf } = this.#options;
    const { session } = before;
    let tail = this.#tails.get(session);
    // Another process may have moved on meanwhile.
    if (tail === undefined || tail.seq !== before.seq) {
      tail = new SessionTail(dir, secretOf, { only: session, after: before.seq });
      this.#tails.set(session, tail);
    }
    let events: readonly StoredEvent[] = [];
    try {
      events = await tail.read({ most: MAX_BATCH });
    } catch {
      // A damaged line: `verify` is who says so. What stands behind it cannot be told from it.
    }
    const { path, offset } = tail.place;
    const seq = events.at(-1)?.seq ?? before.seq;
    const file = path === null ? before.file : basename(path);
    return { events, before, after: { session, file, offset, seq } };
  }
}

function startOf(session: SessionId, seq: number): OtlpPosition {
  return { session, file: segmentName(session, 1), offset: 0, seq };
}

/** `true` when nothing was written behind the position. */
function isAtEnd({ segments }: SessionFiles, { file, offset }: OtlpPosition): boolean {
  const last = segments.at(-1);
  if (last === undefined) return true;
  return basename(last.path) === file && (statSync(last.path, { throwIfNoEntry: false })?.size ?? 0) <= offset;
}
