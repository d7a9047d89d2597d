import { DanglingCalls } from "./dangling.ts";
import type { AuditEvent } from "./event.ts";
import { readEvent } from "./event-reader.ts";
import type { Problem } from "./problem.ts";
import type { Ratchet } from "./ratchet.ts";
import type { LineView } from "./read-lines.ts";
import type { EventRecord, HeaderRecord } from "./record.ts";
import { openSegmentKeys, type SecretOf } from "./segment-keys.ts";

/** How much of a session was decrypted. */
export type Checked = "public" | "tail" | "full";

/** Called with each event that could be read. */
export type EventVisitor = (event: AuditEvent, record: EventRecord) => void;

interface Kept {
  readonly record: EventRecord;
  readonly line: LineView;
  /** Keys at this event. */
  readonly ratchet: Ratchet;
}

/**
 * Decrypts the events of a session while its segments are walked over: all of them up to a number, after that only the
 * tail behind the last checkpoint, which no signature covers yet.
 */
export class SessionDecryptor {
  readonly problems: Problem[] = [];
  readonly #secretOf: SecretOf;
  readonly #most: number;
  readonly #visit: EventVisitor | null;
  readonly #dangling = new DanglingCalls();
  #header: HeaderRecord | null = null;
  #ratchet: Ratchet | null = null;
  #tail: Kept[] = [];
  #count = 0;
  #locked = false;
  #skipped = false;
  #broken = false;

  /**
   * @param secretOf Reading keys.
   * @param most How many events at most are all decrypted; `Infinity` for no bound.
   * @param visit Sees each event that could be read.
   */
  constructor(secretOf: SecretOf, most: number, visit: EventVisitor | null = null) {
    this.#secretOf = secretOf;
    this.#most = most;
    this.#visit = visit;
  }

  /** What was decrypted, all in all. */
  get checked(): Checked {
    if (this.#locked) return "public";
    return this.#skipped ? "tail" : "full";
  }

  /** Calls without a result; `null` when not everything could be read. */
  get dangling(): readonly string[] | null {
    return this.checked === "full" && !this.#broken ? this.#dangling.ids() : null;
  }

  /** A segment begins. */
  takeHeader(header: HeaderRecord): void {
    this.#finishTail();
    this.#header = header;
    const keys = openSegmentKeys(header, this.#secretOf);
    this.#ratchet = keys.kind === "open" ? keys.ratchet : null;
    if (keys.kind === "locked") this.#locked = true;
    if (keys.kind === "wrong") {
      this.#broken = true;
      this.problems.push({
        code: "KEY_COMMIT",
        seq: header.seq,
        detail: `the key of segment ${header.seg} is not the one its header commits to`,
      });
    }
  }

  /** The next event of the segment. */
  takeEvent(record: EventRecord, line: LineView): void {
    if (this.#ratchet === null) return;
    this.#count++;
    if (this.#count <= this.#most) {
      this.#read({ record, line, ratchet: this.#ratchet });
      return;
    }
    this.#skipped = true;
    // The view is only lent, and the keys move on: keep copies until a checkpoint covers them.
    const copy = Buffer.from(line.buffer.subarray(line.start, line.end));
    const view = { buffer: copy, start: 0, end: copy.length, offset: line.offset };
    this.#tail.push({ record, line: view, ratchet: this.#ratchet.fork() });
    this.#ratchet.skip();
  }

  /** A checkpoint covers everything up to here. */
  takeSeal(): void {
    this.#tail = [];
  }

  /** The session ends. */
  finish(): void {
    this.#finishTail();
  }

  #finishTail(): void {
    for (const kept of this.#tail.splice(0)) this.#read(kept);
  }

  #read({ record, line, ratchet }: Kept): void {
    const header = this.#header;
    if (header === null) return;
    const read = readEvent(ratchet, record, { header, line });
    if (read.kind === "event") {
      this.#dangling.take(read.event);
      this.#visit?.(read.event, record);
      return;
    }
    // One wrong key or byte makes everything after it unreadable too: the first says it all.
    if (!this.#broken) {
      const why = read.code === "AEAD_FAILED"
        ? "cannot be decrypted: it was changed"
        : "is not of the form of an event";
      this.problems.push({ code: read.code, seq: record.seq, detail: `event ${record.seq} ${why}` });
    }
    this.#broken = true;
  }
}
