import { SandboxError } from "../errors.ts";
import { FIXED } from "../limits.ts";

/** A bounded number of runs at once, the others in line. */
export interface Slots {
  /** Resolves when a slot is free; the returned function gives it back and is idempotent. */
  take(signal: AbortSignal): Promise<() => void>;
}

/**
 * Creates slots, first come, first served.
 *
 * @param count Runs at once.
 * @param action What is refused, e.g. `Cannot run command`.
 * @returns The slots; `take` throws {@link SandboxError} `BUSY` when too many wait, `CANCELLED` when the signal aborts.
 */
export function createSlots(count: number, action = "Cannot run command"): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  function give(): void {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
  function once(): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      give();
    };
  }
  return {
    async take(signal) {
      if (signal.aborted) throw cancelled(action);
      if (free > 0) {
        free--;
        return once();
      }
      if (waiting.length >= FIXED.waiting) {
        throw new SandboxError("BUSY", `${action}: ${waiting.length} others wait already`, {
          hint: "try again later",
        });
      }
      await new Promise<void>((resolve, reject) => {
        function turn(): void {
          signal.removeEventListener("abort", abort);
          resolve();
        }
        function abort(): void {
          const at = waiting.indexOf(turn);
          if (at >= 0) waiting.splice(at, 1);
          reject(cancelled(action));
        }
        waiting.push(turn);
        signal.addEventListener("abort", abort, { once: true });
      });
      return once();
    },
  };
}

function cancelled(action: string): SandboxError {
  return new SandboxError("CANCELLED", `${action}: it was cancelled`);
}
