import type { Timers } from "../core/mod.ts";

/** What a flush should do. */
export interface FlushWant {
  /** Sign a checkpoint first. */
  readonly checkpoint: boolean;
  /** Force the bytes to the disk. */
  readonly sync: boolean;
}

interface Waiter {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Runs flushes one after another. Whoever comes while one is under way waits for the next, together with all others:
 * one checkpoint, one sync and one pair of ledger lines for all of them.
 */
export class FlushQueue {
  readonly #timers: Timers;
  readonly #flush: (want: FlushWant) => Promise<void>;
  #want: FlushWant | null = null;
  #waiters: Waiter[] = [];
  #running: Promise<void> | null = null;
  readonly #deadlines = new Map<
    string,
    { readonly ms: number; readonly want: FlushWant; readonly cancel: () => void }
  >();

  /**
   * @param timers For work that nobody waits for.
   * @param flush Does the work; one at a time.
   */
  constructor(timers: Timers, flush: (want: FlushWant) => Promise<void>) {
    this.#timers = timers;
    this.#flush = flush;
  }

  /** Flushes as soon as possible; resolves when done, rejects when it failed. */
  now(want: FlushWant): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiters.push({ done: resolve, failed: reject });
    this.#ask(want);
    return promise;
  }

  /** Flushes at the latest after `ms`, with whatever else is asked for until then. */
  within(ms: number, want: FlushWant): void {
    const name = `${want.checkpoint}${want.sync}`;
    const waiting = this.#deadlines.get(name);
    if (waiting !== undefined) {
      if (waiting.ms <= ms) return;
      waiting.cancel();
    }
    const cancel = this.#timers.after(ms, () => {
      this.#deadlines.delete(name);
      this.#ask(want);
    });
    this.#deadlines.set(name, { ms, want, cancel });
  }

  /** Resolves when no flush is under way; drops what only timers were to bring. */
  async idle(): Promise<void> {
    for (const { cancel } of this.#deadlines.values()) cancel();
    this.#deadlines.clear();
    while (this.#running !== null) await this.#running;
  }

  /** What this flush does anyway needs no timer any more. */
  #dropCovered(done: FlushWant): void {
    for (const [name, { want, cancel }] of this.#deadlines) {
      if ((want.checkpoint && !done.checkpoint) || (want.sync && !done.sync)) continue;
      cancel();
      this.#deadlines.delete(name);
    }
  }

  #ask(want: FlushWant): void {
    const now = this.#want;
    this.#want = {
      checkpoint: want.checkpoint || now?.checkpoint === true,
      sync: want.sync || now?.sync === true,
    };
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Let everybody who is ready in this turn come along.
    await Promise.resolve();
    for (let want = this.#want; want !== null; want = this.#want) {
      this.#want = null;
      this.#dropCovered(want);
      const waiters = this.#waiters.splice(0);
      try {
        await this.#flush(want);
        for (const waiter of waiters) waiter.done();
      } catch (error) {
        // Without waiters the failure is not lost: the log remembers it and refuses everything from now on.
        for (const waiter of waiters) waiter.failed(error);
      }
    }
    this.#running = null;
  }
}
