import type { RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../../sandbox/mod.ts";
import { CLOCK, hostFacts } from "../../test/support/host-facts.ts";

/**
 * Wires the sandbox to this machine.
 *
 * @param root A folder of the measurement; the home lies in it.
 * @returns The real ports.
 */
export function benchDeps(root: string): SandboxDeps {
  return {
    clock: CLOCK,
    timers: {
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    random: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)) },
    facts: hostFacts(root),
  };
}

/** What a run gets that nobody gated: it holds no secret and is never cancelled. */
export const BENCH_IO: RunIo = {
  signal: new AbortController().signal,
  permits: { spend: () => {} },
  secrets: { reveal: () => Promise.reject(new TypeError("no secrets")) },
};
