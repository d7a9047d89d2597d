import { loadSodium, type SessionId } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { AuditEvent } from "./event.ts";
import { readEvent } from "./event-reader.ts";
import type { Problem } from "./problem.ts";
import type { ClearValues, EventRecord, HeaderRecord } from "./record.ts";
import type { LineView } from "./read-lines.ts";
import type { Ratchet } from "./ratchet.ts";
import { scanSegment, type SegmentScan } from "./scan-segment.ts";
import { openSegmentKeys, type SecretOf } from "./segment-keys.ts";
import type { SessionFiles } from "./session-files.ts";

/** One event as it stands in the record. */
export interface StoredEvent {
  /** The session whose record it stands in. */
  readonly session: SessionId;
  /** Number of the segment, from 1. */
  readonly seg: number;
  /** Number within the session, from 1. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly ts: number;
  /** What stands in clear. */
  readonly clear: ClearValues | null;
  /** `null` when our keys do not open it. */
  readonly event: AuditEvent | null;
}

/** What reading a session gave, besides its events. */
export interface SessionRead {
  /** The session that was read. */
  readonly session: SessionId;
  /** Milliseconds since 1970; `null` when there is no header. */
  readonly start: number | null;
  /** Milliseconds since 1970 of the last record; `null` when there is none. */
  readonly end: number | null;
  /** Sound events. */
  readonly events: number;
  /** `true` when it was ended properly; `false` while it runs, and after a crash. */
  readonly closed: boolean;
  /** `true` when every segment could be decrypted. */
  readonly readable: boolean;
  /** Chain value at the end. */
  readonly head: string | null;
  /** What stood in the way; `verify` says more. */
  readonly problems: readonly Problem[];
}

/**
 * Reads the events of a session, in order. Form, chain and numbers are checked on the way; signatures and ledgers are
 * left to `verify`.
 *
 * @param files The session's segments.
 * @param secretOf Reading keys.
 * @param visit Sees each event; `event` is `null` while the key is locked.
 * @returns What is known of the session as a whole.
 */
export async function readSession(
  files: SessionFiles,
  secretOf: SecretOf,
  visit: (event: StoredEvent) => void,
): Promise<SessionRead> {
  await loadSodium();
  const reader = new SessionReader(files.session, secretOf, visit);
  let last: SegmentScan | null = null;
  let start: number | null = null;
  const problems: Problem[] = [];
  for (const { seg, path } of files.segments) {
    const scan = reader.read(seg, path, last);
    if (scan === null) break;
    start ??= scan.times?.[0] ?? null;
    problems.push(...scan.problems);
    last = scan;
    if (scan.problems.length > 0) break;
  }
  return {
    session: files.session,
    start,
    end: last?.times?.[1] ?? null,
    events: last?.end.seq ?? 0,
    closed: last !== null && last.closed !== null && last.closed !== "rotated",
    readable: reader.readable && start !== null,
    head: last === null || last.end.size === 0 ? null : last.end.head,
    problems: [...problems, ...reader.problems],
  };
}

class SessionReader {
  readonly problems: Problem[] = [];
  readable = true;
  readonly #session: SessionId;
  readonly #secretOf: SecretOf;
  readonly #visit: (event: StoredEvent) => void;
  #header: HeaderRecord | null = null;
  #ratchet: Ratchet | null = null;

  constructor(session: SessionId, secretOf: SecretOf, visit: (event: StoredEvent) => void) {
    this.#session = session;
    this.#secretOf = secretOf;
    this.#visit = visit;
  }

  /** `null` when the file cannot be read at all. */
  read(seg: number, path: string, before: SegmentScan | null): SegmentScan | null {
    try {
      return scanSegment({
        path,
        session: this.#session,
        seg,
        after: before === null ? null : { chain: before.end.head, seq: before.end.seq },
        signatures: false,
        onHeader: (header) => this.#open(header),
        onEvent: (record, line) => this.#take(record, line),
      });
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      this.problems.push({ code: "FORMAT_UNKNOWN", seq: null, detail: error.message });
      return null;
    }
  }

  #open(header: HeaderRecord): void {
    const keys = openSegmentKeys(header, this.#secretOf);
    this.#header = header;
    this.#ratchet = keys.kind === "open" ? keys.ratchet : null;
    if (keys.kind === "wrong") this.#fail("KEY_COMMIT", header.seq, "the segment's key is not the one it commits to");
    if (keys.kind !== "open") this.readable = false;
  }

  #take(record: EventRecord, line: LineView): void {
    const { seq, ts, clear } = record;
    const stored = { session: this.#session, seg: this.#header?.seg ?? 1, seq, ts, clear };
    this.#visit({ ...stored, event: this.#decrypt(record, line) });
  }

  #decrypt(record: EventRecord, line: LineView): AuditEvent | null {
    if (this.#ratchet === null || this.#header === null) return null;
    const read = readEvent(this.#ratchet, record, { header: this.#header, line });
    if (read.kind === "event") return read.event;
    this.#fail(read.code, record.seq, `event ${record.seq} cannot be read`);
    this.#ratchet = null;
    return null;
  }

  #fail(code: Problem["code"], seq: number, detail: string): void {
    this.readable = false;
    this.problems.push({ code, seq, detail });
  }
}
