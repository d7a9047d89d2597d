import type { Timers } from "../../core/mod.ts";

/** Timers that a test fires by hand: no test waits for time to pass. */
export interface HandTimers extends Timers {
  /** Waits of the timers that are set now, in ms. */
  readonly pending: readonly number[];
  /** Every wait that was ever asked for, in order. */
  readonly asked: readonly number[];
  /** Resolves once a timer of exactly `ms` is set, and fires it. */
  fire(ms: number): Promise<void>;
}

/** Creates timers that stand still until fired. */
export function createHandTimers(): HandTimers {
  const set = new Map<number, { readonly ms: number; readonly run: () => void }>();
  const asked: number[] = [];
  const waiting: { readonly ms: number; readonly resume: () => void }[] = [];
  let last = 0;

  function take(ms: number): boolean {
    for (const [id, timer] of set) {
      if (timer.ms !== ms) continue;
      set.delete(id);
      timer.run();
      return true;
    }
    return false;
  }

  return {
    get pending() {
      return [...set.values()].map(({ ms }) => ms);
    },
    asked,
    after(ms, run) {
      const id = ++last;
      asked.push(ms);
      set.set(id, { ms, run });
      const index = waiting.findIndex((wait) => wait.ms === ms);
      // Not at once: the caller must get its stop function first.
      if (index >= 0) queueMicrotask(() => take(ms) && waiting.splice(index, 1)[0]?.resume());
      return () => void set.delete(id);
    },
    fire(ms) {
      if (take(ms)) return Promise.resolve();
      return new Promise((resume) => waiting.push({ ms, resume }));
    },
  };
}
