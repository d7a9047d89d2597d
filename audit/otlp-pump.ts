import { join } from "node:path";
import type { Clock, Random, Timers } from "../core/mod.ts";
import type { ExportOrigin } from "./export/exporter.ts";
import { otlpBody, type OtlpRecord, otlpRecord } from "./export/otlp.ts";
import { type HeldLock, takeFreeLock } from "./file-lock.ts";
import { NODE_FILES } from "./log-files.ts";
import { OtlpQueue, type OtlpQueueOptions } from "./otlp-queue.ts";
import type { StoredEvent } from "./read-session.ts";

const BATCH_MS = 1000;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;
const MAX_ASKED_MS = 3_600_000;
/** What the end of a session may wait for a receiver. */
const GRACE_MS = 1000;
const RETRY: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const TOO_LARGE = 413;

/** How a receiver answered. */
export interface OtlpAnswer {
  /** HTTP status. */
  readonly status: number;
  /** From `Retry-After`, or `null`. */
  readonly retryAfterMs: number | null;
  /** Records that it did not take although it took the request. */
  readonly rejected: number;
}

/** What a pump works with. */
export interface OtlpPumpOptions extends OtlpQueueOptions {
  /** What the receiver is told of the sender. */
  readonly origin: ExportOrigin;
  /** For batches and new tries. */
  readonly timers: Timers;
  /** For the age of a lock. */
  readonly clock: Clock;
  /** For the jitter of new tries. */
  readonly random: Random;
  /**
   * Sends one body to the receiver.
   *
   * Contract: policy decides, and the decision is recorded, before it connects; whatever kept it from an answer rejects.
   */
  readonly post: (body: string, signal: AbortSignal) => Promise<OtlpAnswer>;
  /** Told when a receiver refused events for good, to record it; when that throws they are kept for later. */
  readonly onDropped: (count: number, status: number) => void;
}

/**
 * Hands events over to a telemetry receiver while they are recorded, metadata only. The log itself is the queue: what
 * is not acknowledged stays behind the cursor and is sent again, also by a later session. It never delays a decision.
 */
export class OtlpPump {
  readonly #options: OtlpPumpOptions;
  readonly #queue: OtlpQueue;
  readonly #life = new AbortController();
  #cancel: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  #stopped = false;

  /** Makes the pump; nothing is read or sent before it is woken. */
  constructor(options: OtlpPumpOptions) {
    this.#options = options;
    this.#queue = new OtlpQueue(options);
  }

  /** Says that something was recorded; it goes out within a second. */
  wake(): void {
    if (!this.#stopped) this.#runAfter(BATCH_MS);
  }

  /**
   * Sends what is there and ends: within a second, and only if the receiver answered the last time. The cursor keeps
   * the rest for a later session. Never rejects.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
    const forget = this.#options.timers.after(GRACE_MS, () => this.#life.abort());
    await this.#running;
    // Threat: a receiver that is slow or down must not hold up who works with this.
    if (this.#failures === 0) await this.#run();
    forget();
    this.#life.abort();
  }

  #runAfter(ms: number): void {
    this.#cancel ??= this.#options.timers.after(ms, () => {
      this.#cancel = null;
      void this.#run();
    });
  }

  #run(): Promise<void> {
    this.#running ??= this.#once();
    return this.#running;
  }

  async #once(): Promise<void> {
    const wait = await this.#drain();
    this.#running = null;
    if (wait !== null && !this.#stopped) this.#runAfter(wait);
  }

  /** Sends until nothing is left; gives the time to wait before the next try. Never rejects. */
  async #drain(): Promise<number | null> {
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one batch after the other
        const step = await this.#sendNext();
        if (step !== "sent") return step;
      }
    } catch {
      // A folder that cannot be read or written says so to the record itself; nothing was acknowledged.
      return this.#backoff();
    }
  }

  /** One batch under the lock: two processes of one project must not send the same. */
  async #sendNext(): Promise<"sent" | number | null> {
    const { dir } = this.#options;
    const lock = takeFreeLock(join(dir, "otlp.lock"), { files: NODE_FILES, ...this.#options });
    if (lock === null) return BATCH_MS;
    try {
      return await this.#sendUnder(lock);
    } finally {
      lock.release();
    }
  }

  async #sendUnder(lock: HeldLock): Promise<"sent" | number | null> {
    const batch = await this.#queue.next();
    if (batch === null) return null;
    // What the export itself records is not exported: it would never come to rest.
    const records = batch.events.filter((stored) => !isOwn(stored)).map((stored) => otlpRecord(stored));
    const wait = await this.#deliver(records);
    if (wait !== null) return wait;
    this.#failures = 0;
    // A lock that was lost to age: whoever took it sends these again, which receivers can tell by their key.
    if (lock.holds()) this.#queue.acknowledge(batch);
    return "sent";
  }

  /** Sends some records; gives the time to wait before the next try, or `null` when they are settled. */
  async #deliver(records: readonly OtlpRecord[]): Promise<number | null> {
    if (records.length === 0) return null;
    const { post, origin, onDropped } = this.#options;
    const answer = await post(otlpBody(records, origin), this.#life.signal).catch(() => UNREACHABLE);
    const { status } = answer;
    if (RETRY.has(status)) {
      return answer.retryAfterMs === null ? this.#backoff() : this.#asked(answer.retryAfterMs);
    }
    if (status === TOO_LARGE && records.length > 1) {
      const half = Math.ceil(records.length / 2);
      return await this.#deliver(records.slice(0, half)) ?? await this.#deliver(records.slice(half));
    }
    const dropped = status < 200 || status > 299 ? records.length : answer.rejected;
    if (dropped > 0) onDropped(dropped, status);
    return null;
  }

  #asked(ms: number): number {
    this.#failures++;
    return Math.min(Math.max(ms, 0), MAX_ASKED_MS);
  }

  #backoff(): number {
    const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++);
    // Full jitter over the upper half, so that many clients do not come back at once.
    return most / 2 + most / 2 * ((this.#options.random.bytes(1)[0] ?? 0) / 255);
  }
}

const UNREACHABLE: OtlpAnswer = { status: 503, retryAfterMs: null, rejected: 0 };

function isOwn({ event, clear }: StoredEvent): boolean {
  return (event?.event ?? clear?.event ?? "").startsWith("telemetry.");
}
