import type { SandboxDeps } from "../deps.ts";
import { createSlots } from "../process/slots.ts";
import type { Guest } from "./guest.ts";

/** Guests that are kept for the next call of the same component. */
export interface Pool {
  /** Gives a guest for a component, warm or new. Throws `BUSY` when too many wait, `CANCELLED`. */
  take(key: string, signal: AbortSignal, open: () => Guest): Promise<Lease>;
  /** Ends the ones that wait. */
  close(): Promise<void>;
}

/** A guest for one call. */
export interface Lease {
  readonly guest: Guest;
  /** `true`: it was not started for this call. */
  readonly warm: boolean;
  /** Gives it back; what is not reusable is ended. Idempotent. */
  give(reusable: boolean): void;
}

/** Bounds of a pool. */
export interface PoolLimits {
  /** Guests that wait for a next call. */
  readonly warm: number;
  /** Guests at once. */
  readonly most: number;
  /** Calls that one guest takes. */
  readonly calls: number;
  /** How long one waits, in milliseconds. */
  readonly idleMs: number;
}

/** The bounds that hold; nothing can move them. */
export const POOL_LIMITS: PoolLimits = { warm: 2, most: 8, calls: 64, idleMs: 60_000 };

interface Idle {
  readonly key: string;
  readonly guest: Guest;
  readonly forget: () => void;
}

/**
 * Creates a pool.
 *
 * Threat: a component that leaves something behind for another one. A guest serves one component, each call has an
 * instance of its own, and a guest that was stopped or trapped is ended.
 *
 * @param deps Timers.
 * @param limits Bounds; those that hold by default.
 * @returns The pool.
 */
export function createPool({ timers }: Pick<SandboxDeps, "timers">, limits: PoolLimits = POOL_LIMITS): Pool {
  const slots = createSlots(limits.most, "Cannot run component");
  const idle: Idle[] = [];
  let running = 0;

  function end(entry: Idle): Promise<boolean> {
    const at = idle.indexOf(entry);
    if (at >= 0) idle.splice(at, 1);
    entry.forget();
    return entry.guest.kill();
  }
  function keep(key: string, guest: Guest): void {
    const entry: Idle = { key, guest, forget: timers.after(limits.idleMs, () => void end(entry)) };
    idle.push(entry);
    const [oldest] = idle;
    if (idle.length > limits.warm && oldest !== undefined) void end(oldest);
  }
  function obtain(key: string, open: () => Guest): { readonly guest: Guest; readonly warm: boolean } {
    for (const dead of idle.filter(({ guest }) => !guest.alive)) void end(dead);
    const kept = idle.findLast((entry) => entry.key === key);
    if (kept !== undefined) {
      idle.splice(idle.indexOf(kept), 1);
      kept.forget();
      return { guest: kept.guest, warm: true };
    }
    const [oldest] = idle;
    if (running + idle.length >= limits.most && oldest !== undefined) void end(oldest);
    return { guest: open(), warm: false };
  }
  return {
    async take(key, signal, open) {
      const release = await slots.take(signal);
      try {
        const { guest, warm } = obtain(key, open);
        running++;
        let given = false;
        return {
          guest,
          warm,
          give(reusable) {
            if (given) return;
            given = true;
            running--;
            if (reusable && guest.alive && guest.runs < limits.calls) {
              keep(key, guest);
              release();
            } else {
              // Its place is free when its memory is.
              void guest.kill().finally(release);
            }
          },
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    async close() {
      await Promise.all([...idle].map(end));
    },
  };
}
