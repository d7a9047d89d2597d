import { geteuid } from "node:process";
import { blake2b, type SessionId, toHex } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { encodeEvent } from "./event-json.ts";
import type { AuditActor } from "./event-parts.ts";
import { timestampOf } from "./event-reader.ts";
import type { AuditEvent } from "./event.ts";
import { FlushQueue } from "./flush-queue.ts";
import { clearValues } from "./format-record.ts";
import { headEntry } from "./head-entry.ts";
import { InFlightCalls } from "./in-flight-calls.ts";
import type { LedgerEntry } from "./ledger-line.ts";
import { LedgerOutbox } from "./ledger-outbox.ts";
import type { LogSinks } from "./log-sinks.ts";
import type { AuditExit, AuditLog, AuditLogOptions } from "./log.ts";
import type { ClearValues } from "./record.ts";
import type { SegmentState } from "./scan-segment.ts";
import { placeAfter, type SegmentPlace } from "./segment-place.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { SessionClock } from "./session-clock.ts";
import { urgencyOf } from "./urgency.ts";
import { asUnwritable, diskFull } from "./write-failure.ts";

/** Events between two checkpoints. */
const CHECKPOINT_EVENTS = 64;
const SOON_MS = 5;
const SYNC_MS = 1000;
const CHECKPOINT_MS = 5000;
const ROTATE_BYTES = 64 * 1024 * 1024;
const DAY_MS = 86_400_000;

/** An event ready to be written. */
interface Encoded {
  readonly event: AuditEvent;
  readonly json: string;
  readonly clear: ClearValues | null;
}

/** The record of one session, open for writing. */
export class SessionLog implements AuditLog {
  readonly session: SessionId;
  readonly warnings: readonly string[];
  readonly #options: AuditLogOptions;
  readonly #sinks: LogSinks;
  readonly #outbox: LedgerOutbox;
  readonly #queue: FlushQueue;
  readonly #clock: SessionClock;
  readonly #inFlight = new InFlightCalls();
  readonly #actor: AuditActor;
  #place: SegmentPlace;
  #segment: SegmentWriter;
  #retired: SegmentWriter[] = [];
  /** Last event below a checkpoint, below a head in both ledgers, and on the disk. */
  #checkpointed = 0;
  #covered = 0;
  #syncedSeq = 0;
  #synced = 0;
  #day: number;
  #failure: AuditError | null = null;
  #ended = false;
  #closed = false;
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
    this.#outbox = new LedgerOutbox(parts.sinks.appendHeads);
    this.#place = parts.place;
    this.#segment = parts.segment;
    this.#checkpointed = parts.segment.seq;
    this.#clock = new SessionClock(options.clock);
    this.#day = Math.floor(this.#clock.now() / DAY_MS);
    this.#queue = new FlushQueue(options.timers, (want) => this.#flush(want));
  }

  get file(): string {
    return this.#place.path;
  }

  get failed(): boolean {
    return this.#failure !== null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  append(event: AuditEvent): { readonly seq: number } {
    this.#check();
    const now = this.#clock.now();
    // A value of the wrong type, or a mask that failed, refuses this event alone: nothing was written yet.
    const encoded = this.#encode(event, now);
    try {
      if (this.#inFlight.isIdle && event.event === "intent") this.#rotateIfDue(now);
      const step = this.#clock.step();
      if (step !== null) {
        this.#write(this.#encode({ event: "clock.step", reason: `the wall clock moved by ${step} ms` }, now), now);
      }
      return { seq: this.#write(encoded, now) };
    } catch (error) {
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
        this.#outbox.add(this.#entry("close", this.#segment.close(this.#clock.now(), exit)));
        await this.#segment.sync();
        await this.#outbox.send(this.#outbox.take());
        this.#closed = true;
      }
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#ended = true;
      await this.#queue.idle();
      // What a failure left for the ledgers; they may be on another disk.
      await this.#outbox.send(this.#outbox.take()).catch(() => null);
      this.#segment.end();
      for (const segment of this.#retired) segment.end();
      this.#sinks.end();
      await this.#options.onClosed?.();
    }
  }

  #encode(event: AuditEvent, now: number): Encoded {
    const whole: AuditEvent = {
      ...this.#options.stamp?.(),
      ...event,
      session_id: this.session,
      timestamp: timestampOf(now),
      mono_ms: this.#clock.mono(),
      actor: event.actor ?? this.#actor,
    };
    const { settings, mask } = this.#options;
    return { event, json: encodeEvent(whole, mask), clear: clearValues(settings.clear, event) };
  }

  /** Numbers, encrypts and writes one event. No `await` may ever stand in here. */
  #write({ event, json, clear }: Encoded, now: number): number {
    const seq = this.#segment.appendEvent(now, clear, json);
    this.#inFlight.take(event);
    if (this.#segment.degraded) throw diskFull();
    if (this.#options.settings.sync === "each") this.#segment.syncNow();
    this.#schedule(event);
    this.#options.onAppend?.(seq);
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

  #checkpoint(): void {
    if (this.#segment.seq === this.#checkpointed) return;
    const head = this.#segment.checkpoint(this.#clock.now());
    this.#checkpointed = head.seq;
    this.#outbox.add(this.#entry("head", head));
    if (this.#segment.degraded) throw diskFull();
  }

  async #flush(want: { readonly checkpoint: boolean; readonly sync: boolean }): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      if (want.checkpoint && !this.#ended) this.#checkpoint();
      const { sync } = this.#options.settings;
      const covered = this.#checkpointed;
      const heads = this.#outbox.take();
      // A head in a ledger must never be ahead of the bytes on the disk: after a power cut it would accuse nobody.
      if (want.sync || (heads.length > 0 && sync !== "none")) await this.#sync();
      await this.#outbox.send(heads);
      this.#covered = covered;
      for (const segment of this.#retired.splice(0)) segment.end();
    } catch (error) {
      throw this.#fail(error);
    }
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
    this.#outbox.add(this.#entry("close", closed));
    if (this.#segment.degraded) throw diskFull();
    // Its file may still be on its way to the disk: it is closed after the next flush.
    this.#retired.push(this.#segment);
    this.#place = placeAfter(this.#place, closed, true);
    this.#segment = this.#sinks.openSegment(this.#place);
    this.#synced = 0;
    this.#checkpointed = this.#segment.seq;
    this.#outbox.add(this.#entry("open", this.#segment.head()));
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
    this.#failure = asUnwritable(this.file, cause);
    this.#sinks.freeReserve();
    try {
      const now = this.#clock.now();
      const { json, clear } = this.#encode({ event: "audit.failed", reason: this.#failure.message }, now);
      this.#segment.appendEvent(now, clear, json);
      if (!this.#outbox.behind) this.#outbox.add(this.#entry("close", this.#segment.close(now, "failed")));
    } catch {
      // Nothing more fits: an unclosed segment says so by itself.
    }
    return this.#failure;
  }
}
