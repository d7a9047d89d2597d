import { blake2b, type SessionId, toHex } from "../core/mod.ts";
import { geteuid } from "node:process";
import { AuditError } from "./errors.ts";
import type { AuditActor, AuditEvent } from "./event.ts";
import { encodeEvent } from "./event-json.ts";
import { timestampOf } from "./event-reader.ts";
import { FlushQueue } from "./flush-queue.ts";
import { clearValues } from "./format-record.ts";
import type { LedgerEntry } from "./ledger-line.ts";
import type { AuditExit, AuditLog, AuditLogOptions } from "./log.ts";
import type { SegmentState } from "./scan-segment.ts";
import { placeAfter, type SegmentPlace } from "./segment-place.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { urgencyOf } from "./urgency.ts";

/** Events between two checkpoints. */
const CHECKPOINT_EVENTS = 64;
const SOON_MS = 5;
const SYNC_MS = 1000;
const CHECKPOINT_MS = 5000;
const ROTATE_BYTES = 64 * 1024 * 1024;
const DAY_MS = 86_400_000;
const CLOCK_STEP_MS = 1000;

/** What the log writes to besides its segment. */
export interface LogSinks {
  /** Opens a segment that goes on where another ended. */
  readonly openSegment: (place: SegmentPlace) => SegmentWriter;
  /** Appends lines to every ledger; `degraded` when that took the reserve. When it throws, one of them may lack them. */
  readonly appendHeads: (entries: readonly LedgerEntry[]) => Promise<{ readonly degraded: boolean }>;
  /** Gives back the bytes kept in reserve. */
  readonly freeReserve: () => void;
  readonly end: () => void;
}

/** The record of one session, open for writing. */
export class SessionLog implements AuditLog {
  readonly session: SessionId;
  readonly warnings: readonly string[];
  readonly #options: AuditLogOptions;
  readonly #sinks: LogSinks;
  readonly #queue: FlushQueue;
  readonly #began: { readonly wall: number; readonly mono: number };
  readonly #inFlight = new Set<string>();
  readonly #actor: AuditActor;
  #place: SegmentPlace;
  #segment: SegmentWriter;
  #retired: SegmentWriter[] = [];
  #heads: LedgerEntry[] = [];
  /** Last event below a checkpoint, below a head in both ledgers, and on the disk. */
  #checkpointed = 0;
  #covered = 0;
  #syncedSeq = 0;
  #synced = 0;
  #day: number;
  #drift = 0;
  #failure: AuditError | null = null;
  #ledgersBehind = false;
  #ended = false;
  #closing: Promise<void> | null = null;

  constructor(
    options: AuditLogOptions,
    parts: {
      readonly sinks: LogSinks;
      readonly place: SegmentPlace;
      readonly segment: SegmentWriter;
      readonly warnings: readonly string[];
    },
  ) {
    this.session = options.session;
    this.warnings = parts.warnings;
    this.#options = options;
    this.#actor = options.start?.actor ?? { uid: geteuid?.(), front: options.front };
    this.#sinks = parts.sinks;
    this.#place = parts.place;
    this.#segment = parts.segment;
    this.#checkpointed = parts.segment.seq;
    this.#began = { wall: options.clock.now(), mono: options.clock.mono() };
    this.#day = Math.floor(this.#began.wall / DAY_MS);
    this.#queue = new FlushQueue(options.timers, (want) => this.#flush(want));
  }

  get file(): string {
    return this.#place.path;
  }

  get failed(): boolean {
    return this.#failure !== null;
  }

  append(event: AuditEvent): { readonly seq: number } {
    this.#check();
    const now = this.#now();
    try {
      if (this.#inFlight.size === 0 && event.event === "intent") this.#rotateIfDue(now);
      this.#noteClockStep(now);
      return { seq: this.#write(event, now) };
    } catch (error) {
      // A value of the wrong type refuses this event alone: nothing was written.
      if (error instanceof AuditError && error.code === "EVENT_INVALID") throw error;
      throw this.#fail(error);
    }
  }

  async barrier(seq: number, risky: boolean): Promise<void> {
    this.#check();
    const { sync } = this.#options.settings;
    if (risky && this.#covered < seq) {
      await this.#queue.now({ checkpoint: true, sync: sync === "group" || sync === "risky" });
    }
    if (!risky && sync === "group" && this.#syncedSeq < seq) await this.#queue.now({ checkpoint: false, sync: true });
    this.#check();
  }

  tag(data: Uint8Array | string): string {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    return toHex(blake2b(bytes, 16, this.#options.keys.tag));
  }

  close(exit: AuditExit): Promise<void> {
    this.#closing ??= this.#close(exit);
    return this.#closing;
  }

  async #close(exit: AuditExit): Promise<void> {
    try {
      if (this.#failure === null) {
        this.append({ event: "session.end", reason: exit });
        this.#ended = true;
        await this.#queue.idle();
      }
      if (this.#failure === null) {
        this.#heads.push(this.#entry("close", this.#segment.close(this.#now(), exit)));
        await this.#segment.sync();
        await this.#appendHeads(this.#heads.splice(0));
      }
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#ended = true;
      await this.#queue.idle();
      // What a failure left for the ledgers; they may be on another disk.
      await this.#appendHeads(this.#heads.splice(0)).catch(() => null);
      this.#segment.end();
      for (const segment of this.#retired) segment.end();
      this.#sinks.end();
    }
  }

  /** Numbers, encrypts and writes one event. No `await` may ever stand in here. */
  #write(event: AuditEvent, now: number): number {
    const { settings, mask } = this.#options;
    const whole: AuditEvent = {
      ...event,
      session_id: this.session,
      timestamp: timestampOf(now),
      mono_ms: this.#options.clock.mono() - this.#began.mono,
      actor: event.actor ?? this.#actor,
    };
    const json = encodeEvent(whole, mask);
    const seq = this.#segment.appendEvent(now, clearValues(settings.clear, whole), json);
    this.#track(event);
    if (this.#segment.degraded) throw diskFull();
    if (settings.sync === "each") this.#segment.syncNow();
    this.#schedule(event);
    return seq;
  }

  #schedule(event: AuditEvent): void {
    const { sync } = this.#options.settings;
    const urgency = urgencyOf(event);
    if (this.#segment.seq - this.#checkpointed >= CHECKPOINT_EVENTS) {
      this.#checkpoint();
      this.#queue.within(SOON_MS, { checkpoint: false, sync: false });
    }
    if (urgency.checkpoint) {
      this.#queue.within(SOON_MS, { checkpoint: true, sync: sync === "group" || sync === "risky" });
    } else this.#queue.within(CHECKPOINT_MS, { checkpoint: true, sync: false });
    if (sync === "group") this.#queue.within(SOON_MS, { checkpoint: false, sync: true });
    if (sync === "risky") this.#queue.within(urgency.sync ? SOON_MS : SYNC_MS, { checkpoint: false, sync: true });
  }

  /** Remembers which calls may still bring a result: while there is one, the segment does not change. */
  #track(event: AuditEvent): void {
    const id = event.execution_id;
    if (id === null || id === undefined) return;
    if (event.event === "intent" && event.decision !== "deny") this.#inFlight.add(id);
    if (event.event === "result") this.#inFlight.delete(id);
    if (event.event === "approval" && event.approval?.answer !== "allow") this.#inFlight.delete(id);
  }

  #noteClockStep(now: number): void {
    const drift = now - this.#began.wall - (this.#options.clock.mono() - this.#began.mono);
    const step = drift - this.#drift;
    if (Math.abs(step) <= CLOCK_STEP_MS) return;
    this.#drift = drift;
    this.#write({ event: "clock.step", reason: `the wall clock moved by ${Math.round(step)} ms` }, now);
  }

  #checkpoint(): void {
    if (this.#segment.seq === this.#checkpointed) return;
    const head = this.#segment.checkpoint(this.#now());
    this.#checkpointed = head.seq;
    // Of several heads between two flushes the last one says it all.
    this.#heads = [...this.#heads.filter((entry) => entry.kind !== "head"), this.#entry("head", head)];
    if (this.#segment.degraded) throw diskFull();
  }

  async #flush(want: { readonly checkpoint: boolean; readonly sync: boolean }): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      if (want.checkpoint && !this.#ended) this.#checkpoint();
      const { sync } = this.#options.settings;
      const covered = this.#checkpointed;
      const heads = this.#heads.splice(0);
      // A head in a ledger must never be ahead of the bytes on the disk: after a power cut it would accuse nobody.
      if (want.sync || (heads.length > 0 && sync !== "none")) await this.#sync();
      await this.#appendHeads(heads);
      this.#covered = covered;
      for (const segment of this.#retired.splice(0)) segment.end();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async #appendHeads(heads: readonly LedgerEntry[]): Promise<void> {
    if (heads.length === 0 || this.#ledgersBehind) return;
    try {
      if (!(await this.#sinks.appendHeads(heads)).degraded) return;
    } catch (error) {
      // One ledger may have the line and the other not. As long as the session is not closed that is no contradiction;
      // so nothing more is written to either, and the segment stays unclosed.
      this.#ledgersBehind = true;
      throw error;
    }
    throw diskFull();
  }

  async #sync(): Promise<void> {
    const segment = this.#segment;
    const { bytes, seq } = segment;
    if (bytes === this.#synced) return;
    await segment.sync();
    this.#syncedSeq = seq;
    // The segment may have changed while we waited.
    if (segment === this.#segment) this.#synced = bytes;
  }

  #rotateIfDue(now: number): void {
    const day = Math.floor(now / DAY_MS);
    if (this.#segment.bytes < ROTATE_BYTES && day === this.#day) return;
    this.#day = day;
    const closed = this.#segment.close(now, "rotated");
    if (this.#options.settings.sync !== "none") this.#segment.syncNow();
    this.#heads.push(this.#entry("close", closed));
    if (this.#segment.degraded) throw diskFull();
    // Its file may still be on its way to the disk: it is closed after the next flush.
    this.#retired.push(this.#segment);
    this.#place = placeAfter(this.#place, closed, true);
    this.#segment = this.#sinks.openSegment(this.#place);
    this.#synced = 0;
    this.#checkpointed = this.#segment.seq;
    this.#heads.push(this.#entry("open", this.#segment.head()));
    this.#queue.within(SOON_MS, { checkpoint: false, sync: this.#options.settings.sync !== "none" });
  }

  #entry(kind: "open" | "head" | "close", state: SegmentState): LedgerEntry {
    return headEntry(kind, this.#place, state);
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#ended) throw new AuditError("AUDIT_UNWRITABLE", "Cannot record event: the session has ended");
  }

  /** Ends the record for good: a last event and a close record if they still fit, else it stays unclosed. */
  #fail(cause: unknown): AuditError {
    if (this.#failure !== null) return this.#failure;
    const reason = cause instanceof AuditError ? cause.message : "an unexpected error";
    this.#failure = cause instanceof AuditError && cause.code !== "EVENT_INVALID"
      ? cause
      : new AuditError("AUDIT_UNWRITABLE", `Cannot write audit log "${this.file}"`, {
        hint: "free disk space or mend the disk, then start a new session",
        cause,
      });
    this.#sinks.freeReserve();
    try {
      const now = this.#now();
      const json = encodeEvent({
        event: "audit.failed",
        session_id: this.session,
        timestamp: timestampOf(now),
        mono_ms: this.#options.clock.mono() - this.#began.mono,
        reason,
      }, this.#options.mask);
      this.#segment.appendEvent(now, clearValues(this.#options.settings.clear, { event: "audit.failed" }), json);
      if (!this.#ledgersBehind) this.#heads.push(this.#entry("close", this.#segment.close(now, "failed")));
    } catch {
      // Nothing more fits: an unclosed segment says so by itself.
    }
    return this.#failure;
  }

  #now(): number {
    return Math.max(0, Math.floor(this.#options.clock.now()));
  }
}

/** The failure after a line that took the last of the reserve. */
export function diskFull(): AuditError {
  return new AuditError("AUDIT_UNWRITABLE", "Cannot go on recording: the disk is full", {
    hint: "free disk space, then start a new session",
  });
}

/** Says in a ledger line what a segment looks like. */
export function headEntry(
  kind: "open" | "head" | "close" | "prune",
  place: { readonly session: SessionId; readonly seg: number },
  state: SegmentState,
): LedgerEntry {
  const { seq, size, root, head } = state;
  return { kind, session: place.session, seg: place.seg, seq, size, root, head };
}
