import type { Clock } from "../core/mod.ts";

/** A wall clock that moved by more than this against the monotonic one is noted. */
const STEP_MS = 1000;

/** The two clocks of a session, counted from where it began. */
export class SessionClock {
  readonly #clock: Clock;
  readonly #wall: number;
  readonly #mono: number;
  #drift = 0;

  /** @param clock The ports to the machine's clocks. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = this.now();
    this.#mono = clock.mono();
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    return Math.max(0, Math.floor(this.#clock.now()));
  }

  /** Monotonic milliseconds since the session began. */
  mono(): number {
    return this.#clock.mono() - this.#mono;
  }

  /** By how many milliseconds the wall clock was moved since the last call; `null` when it was not. */
  step(): number | null {
    const drift = this.now() - this.#wall - this.mono();
    const step = drift - this.#drift;
    if (Math.abs(step) <= STEP_MS) return null;
    this.#drift = drift;
    return Math.round(step);
  }
}
