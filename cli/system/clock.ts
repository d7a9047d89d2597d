import type { Clock } from "../../core/mod.ts";

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
};
