import { clearTimeout, setTimeout } from "node:timers";
import type { Timers } from "../../core/mod.ts";

// Longer waits would overflow and fire at once.
const LONGEST_MS = 0x7fff_ffff;

/** The machine's timers; none keeps the process alive. */
export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
