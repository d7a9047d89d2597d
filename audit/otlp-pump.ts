import { statSync } from "node:fs";
import { basename } from "node:path";
import type { Random, SessionId, Timers } from "../core/mod.ts";
import type { ExportOrigin } from "./export/exporter.ts";
import { otlpBody, otlpRecord } from "./export/otlp.ts";
import { readCursor, writeCursor } from "./otlp-cursor.ts";
import type { StoredEvent } from "./read-session.ts";
import type { SecretOf } from "./segment-keys.ts";
import { listSessionFiles, segmentPath } from "./session-files.ts";
import { SessionTail } from "./session-tail.ts";

const MAX_BATCH = 512;
const BATCH_MS = 1000;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;
const RETRY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** How a receiver answered. */
export interface OtlpAnswer {
  /** HTTP status. */
  readonly status: number;
  /** From `Retry-After`, or `null`. */
  readonly retryAfterMs: number | null;
}

/** What a pump works with. */
export interface OtlpPumpOptions {
  /** The audit folder. */
  readonly dir: string;
  /** The session being recorded. */
  readonly session: SessionId;
  /** Reading keys; while they are locked only what stands in clear goes out. */
  readonly secretOf: SecretOf;
  /** What the receiver is told of the sender. */
  readonly origin: ExportOrigin;
  /** For batches and new tries. */
  readonly timers: Timers;
  /** For the jitter of new tries. */
  readonly random: Random;
  /**
   * Sends one body to the receiver.
   *
   * Contract: it was allowed by policy and recorded before the pump was made; a failed connection rejects.
   */
  readonly post: (body: string) => Promise<OtlpAnswer>;
  /** Told when a receiver refused events for good, so that this is recorded. */
  readonly onDropped: (count: number, status: number) => void;
}

/**
 * Hands events over to a telemetry receiver while they are recorded, metadata only. The log itself is the queue: what
 * is not acknowledged stays behind the cursor and is sent again, also by a later session. It never delays a decision.
 */
export class OtlpPump {
  readonly #options: OtlpPumpOptions;
  readonly #tails: { readonly session: SessionId; readonly tail: SessionTail; readonly after: number }[];
  #waiting: StoredEvent[] = [];
  #cancel: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #failures = 0;
  #stopped = false;

  /** Reads the cursor and finds what earlier sessions left behind it. */
  constructor(options: OtlpPumpOptions) {
    this.#options = options;
    const { dir, session, secretOf } = options;
    const cursor = readCursor(dir);
    const behind = cursor === null
      ? []
      : listSessionFiles(dir).map((files) => files.session).filter((other) =>
        other >= cursor.session && other < session
      ).toReversed();
    this.#tails = [...behind, session].map((id) => ({
      session: id,
      tail: new SessionTail(dir, secretOf, id),
      after: cursor?.session === id ? cursor.seq : 0,
    }));
  }

  /** Says that something was recorded; it goes out within a second. */
  wake(): void {
    if (this.#stopped || this.#cancel !== null) return;
    this.#cancel = this.#options.timers.after(BATCH_MS, () => {
      this.#cancel = null;
      void this.#run();
    });
  }

  /** Sends what is there and ends; gives up at the first failure, the cursor keeps the rest for later. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
    await this.#running;
    await this.#run();
  }

  #run(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    await this.#collect();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      const wait = await this.#send(batch);
      if (wait !== null) {
        if (!this.#stopped) this.#retryAfter(wait);
        return;
      }
      this.#waiting = this.#waiting.slice(batch.length);
      await this.#collect();
    }
  }

  async #collect(): Promise<void> {
    for (const { tail, after } of this.#tails) {
      const events = await tail.read();
      this.#waiting.push(...events.filter(({ seq }) => seq > after));
    }
  }

  /** Sends one batch; gives the time to wait before the next try, or `null` when it is settled. */
  async #send(batch: readonly StoredEvent[]): Promise<number | null> {
    const { post, origin, onDropped } = this.#options;
    // What the export itself records is not exported: it would never come to rest.
    const records = batch.filter((stored) => !isOwn(stored)).map((stored) => otlpRecord(stored));
    const answer = records.length === 0 ? DONE : await post(otlpBody(records, origin)).catch(() => UNREACHABLE);
    if (RETRY.has(answer.status)) return answer.retryAfterMs ?? this.#backoff();
    this.#failures = 0;
    if (answer.status < 200 || answer.status > 299) onDropped(records.length, answer.status);
    this.#advance(batch);
    return null;
  }

  #advance(batch: readonly StoredEvent[]): void {
    const last = batch.at(-1);
    if (last === undefined) return;
    const path = segmentPath(this.#options.dir, last.session, last.seg);
    const offset = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    writeCursor(this.#options.dir, { session: last.session, file: basename(path), offset, seq: last.seq });
  }

  #backoff(): number {
    const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++);
    // Full jitter over the upper half, so that many clients do not come back at once.
    return most / 2 + most / 2 * ((this.#options.random.bytes(1)[0] ?? 0) / 255);
  }

  #retryAfter(ms: number): void {
    this.#cancel ??= this.#options.timers.after(Math.min(ms, MAX_BACKOFF_MS), () => {
      this.#cancel = null;
      void this.#run();
    });
  }
}

const DONE: OtlpAnswer = { status: 200, retryAfterMs: null };
const UNREACHABLE: OtlpAnswer = { status: 503, retryAfterMs: null };

function isOwn({ event, clear }: StoredEvent): boolean {
  return (event?.event ?? clear?.event ?? "").startsWith("telemetry.");
}
