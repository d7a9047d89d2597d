import type { GateDeps } from "./deps.ts";

// While a question is open the rest of the time stands still: it is looked at again after a moment.
const MIN_WAIT_MS = 250;

/**
 * Measures the time of a prompt without the time that people took to answer.
 *
 * @param deps Clock, timers and the desk where people are waited for.
 * @param limitMs What the prompt may take.
 * @param over Called once when it is used up.
 * @returns Stops the clock; idempotent.
 */
export function startWallClock(
  deps: Pick<GateDeps, "clock" | "timers" | "questions">,
  limitMs: number,
  over: () => void,
): () => void {
  const begun = deps.clock.mono();
  const waited = deps.questions.waitedMs();
  let stop = deps.timers.after(limitMs, look);

  function look(): void {
    const used = deps.clock.mono() - begun - (deps.questions.waitedMs() - waited);
    if (used >= limitMs) over();
    else stop = deps.timers.after(Math.max(MIN_WAIT_MS, Math.ceil(limitMs - used)), look);
  }
  return () => stop();
}
