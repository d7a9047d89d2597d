import type { SandboxDeps } from "../deps.ts";

/** A deadline that stands still while a person is asked. */
export interface Deadline {
  /** Stops the time; what it returns lets it go on and is idempotent. Several pauses may overlap. */
  readonly pause: () => () => void;
  /** Milliseconds that it stood still. */
  pausedMs(): number;
  /** Forgets the deadline. */
  end(): void;
}

/**
 * Starts a deadline.
 *
 * @param deps Clock and timers.
 * @param ms Running time.
 * @param due Called once when it is over.
 * @returns The deadline.
 */
export function createDeadline(
  { clock, timers }: Pick<SandboxDeps, "clock" | "timers">,
  ms: number,
  due: () => void,
): Deadline {
  let left = ms;
  let since = clock.mono();
  let paused = 0;
  let pauses = 0;
  let over = false;
  let timer: (() => void) | null = timers.after(left, due);
  function go(): void {
    if (over || --pauses > 0) return;
    const now = clock.mono();
    paused += now - since;
    since = now;
    timer = timers.after(Math.max(0, left), due);
  }
  return {
    pause() {
      if (!over && pauses++ === 0) {
        const now = clock.mono();
        left -= now - since;
        since = now;
        timer?.();
        timer = null;
      }
      let gone = false;
      return () => {
        if (!gone) go();
        gone = true;
      };
    },
    pausedMs: () => Math.ceil(paused + (pauses > 0 ? clock.mono() - since : 0)),
    end() {
      over = true;
      timer?.();
      timer = null;
    },
  };
}
