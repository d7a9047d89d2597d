import type { Clock } from "../core/mod.ts";

/**
 * Tells wall time that never steps back while this process lives, so that an answer ends when it was to end.
 *
 * @param clock Wall and monotonic time.
 * @returns Milliseconds since 1970: what the clock says, or what has passed since now where that is later.
 */
export function steadyTime(clock: Clock): () => number {
  const [wall, mono] = [clock.now(), clock.mono()];
  // Threat: whoever sets the clock back keeps an answer alive. A clock set forward only ends it sooner.
  return () => Math.max(clock.now(), wall + clock.mono() - mono);
}
