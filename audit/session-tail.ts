import { closeSync, readSync, statSync } from "node:fs";
import { loadSodium, type SessionId } from "../core/mod.ts";
import { readEvent } from "./event-reader.ts";
import { MAX_LINE_BYTES } from "./grammar.ts";
import { openForReading } from "./open-for-reading.ts";
import { parseRecord } from "./parse-record.ts";
import type { Ratchet } from "./ratchet.ts";
import type { StoredEvent } from "./read-session.ts";
import type { EventRecord, HeaderRecord } from "./record.ts";
import { openSegmentKeys, type SecretOf } from "./segment-keys.ts";
import { listSessionFiles, type SessionFiles } from "./session-files.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * Follows a session while it is being written: gives each event once and goes on to the next segment by itself. Unless
 * it is bound to one session it follows the newest, and goes on to the next one too.
 */
export class SessionTail {
  readonly #dir: string;
  readonly #secretOf: SecretOf;
  readonly #only: SessionId | null;
  readonly #after: number;
  #path: string | null = null;
  #files: SessionFiles | null = null;
  #seg = 0;
  #seq: number;
  #offset = 0;
  #carry: Buffer = Buffer.alloc(0);
  #header: HeaderRecord | null = null;
  #ratchet: Ratchet | null = null;

  /**
   * Stands before the first event of the session that is newest when `read` is first called.
   *
   * @param dir The audit folder.
   * @param secretOf Reading keys.
   * @param from `only`: stay with this session; `after`: begin behind its event of this number.
   */
  constructor(
    dir: string,
    secretOf: SecretOf,
    from: { readonly only?: SessionId | undefined; readonly after?: number | undefined } = {},
  ) {
    this.#dir = dir;
    this.#secretOf = secretOf;
    this.#only = from.only ?? null;
    this.#after = from.after ?? 0;
    this.#seq = this.#after;
  }

  /** Number of the last event that was given. */
  get seq(): number {
    return this.#seq;
  }

  /** The segment being read and how many bytes of it, in whole lines. */
  get place(): { readonly path: string | null; readonly offset: number } {
    return { path: this.#path, offset: this.#offset - this.#carry.length };
  }

  /**
   * Reads what was written since the last call.
   *
   * @param bounds `last`: only the last so many events, earlier ones are passed over without being decrypted; `most`:
   * stop after so many, the next call goes on behind them.
   * @returns Events in order; none when nothing is new.
   */
  async read(
    bounds: { readonly last?: number | undefined; readonly most?: number | undefined } = {},
  ): Promise<readonly StoredEvent[]> {
    await loadSodium();
    const { last = Infinity, most = Infinity } = bounds;
    const pending: (() => StoredEvent)[] = [];
    for (;;) {
      for (const line of this.#newLines()) {
        const opening = this.#take(line);
        if (opening !== null) pending.push(opening);
        if (pending.length > last) pending.shift();
        if (pending.length >= most) return pending.map((open) => open());
      }
      if (!this.#moveOn()) return pending.map((open) => open());
    }
  }

  /** Goes to the next file, if there is one; its lines come next. */
  #moveOn(): boolean {
    const only = this.#only;
    const wanted = listSessionFiles(this.#dir).find(({ session }) => only === null || session === only);
    if (wanted === undefined) return false;
    const sameSession = this.#files?.session === wanted.session;
    this.#files = wanted;
    const next = wanted.segments.find(({ seg }) => seg > (sameSession ? this.#seg : 0));
    if (next === undefined) return false;
    [this.#path, this.#seg, this.#offset] = [next.path, next.seg, 0];
    this.#carry = Buffer.alloc(0);
    [this.#header, this.#ratchet] = [null, null];
    return true;
  }

  *#newLines(): Generator<Buffer> {
    const path = this.#path;
    if (path === null) return;
    // What an earlier call did not ask for any more.
    yield* this.#linesIn(this.#carry);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= this.#offset) return;
    const fd = openForReading(path);
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const count = readSync(fd, chunk, 0, chunk.length, this.#offset);
        if (count === 0) return;
        this.#offset += count;
        yield* this.#linesIn(Buffer.concat([this.#carry, chunk.subarray(0, count)]));
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Whole lines; what is left is kept at every step, since whoever reads may stop at any of them. */
  *#linesIn(bytes: Buffer): Generator<Buffer> {
    let rest = bytes;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      this.#carry = rest;
      yield line;
    }
    // What has no end within the longest line is no record: it is dropped, not collected.
    this.#carry = rest.length > MAX_LINE_BYTES ? Buffer.alloc(0) : rest;
  }

  /** Gives what opens the event of a line, later and with the keys of now; `null` for other lines. */
  #take(bytes: Buffer): (() => StoredEvent) | null {
    const record = parseRecord(bytes.toString("latin1"));
    if (record.t === "h") {
      const keys = openSegmentKeys(record, this.#secretOf);
      this.#header = record;
      this.#ratchet = keys.kind === "open" ? keys.ratchet : null;
    }
    const header = this.#header;
    if (record.t !== "e" || header === null) return null;
    if (this.#only !== null && record.seq <= this.#after) {
      this.#ratchet?.skip();
      return null;
    }
    this.#seq = record.seq;
    const ratchet = this.#ratchet?.fork() ?? null;
    this.#ratchet?.skip();
    const seg = this.#seg;
    return () => openEvent({ record, bytes, header, ratchet, seg });
  }
}

function openEvent(
  kept: {
    readonly record: EventRecord;
    readonly bytes: Buffer;
    readonly header: HeaderRecord;
    readonly ratchet: Ratchet | null;
    readonly seg: number;
  },
): StoredEvent {
  const { record, bytes, header, ratchet, seg } = kept;
  const line = { buffer: bytes, start: 0, end: bytes.length, offset: 0 };
  const read = ratchet === null ? null : readEvent(ratchet, record, { header, line });
  const event = read?.kind === "event" ? read.event : null;
  return { session: header.session, seg, seq: record.seq, ts: record.ts, clear: record.clear, event };
}
