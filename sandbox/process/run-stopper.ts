import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { FIXED } from "../limits.ts";
import type { Launched } from "./launch.ts";
import type { RunEnd } from "./watchdog.ts";

// Thousands of processes take their time to die on a busy machine.
const LOST_MS = 20_000;

/** Ends a run once, politely where there is time for it. */
export interface Stopper {
  readonly end: RunEnd | null;
  /** Rejects when a run did not end although it was killed. */
  readonly lost: Promise<never>;
  attach(run: Launched): void;
  stop(end: RunEnd): void;
  /** Kills the run and makes {@link lost} reject. */
  fail(error: SandboxError): void;
  /** Lets a blocked command go. */
  release(): void;
  done(): void;
}

/**
 * Creates the stopper of one run: SIGTERM to the command first where its time is over or it was cancelled, then SIGKILL
 * to the sandbox, then to the supervisor.
 *
 * @param deps Timers.
 * @returns The stopper; a run is attached once it has started.
 */
export function createStopper(deps: Pick<SandboxDeps, "timers">): Stopper {
  let end: RunEnd | null = null;
  let run: Launched | null = null;
  let released = false;
  const cancels: (() => void)[] = [];
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // It is awaited only while a run is under way.
  lost.catch(() => {});
  function carryOut(target: Launched, why: RunEnd): void {
    const polite = why.code === "LIMIT_TIME" || why.code === "CANCELLED";
    const graceMs = polite ? FIXED.graceMs : 0;
    if (polite) target.terminate();
    cancels.push(
      deps.timers.after(graceMs, () => target.kill()),
      deps.timers.after(graceMs + 1000, () => target.force()),
      deps.timers.after(
        graceMs + LOST_MS,
        () => reject(new SandboxError("SANDBOX_FAILED", "Cannot end command: it does not die")),
      ),
    );
    if (!polite) target.kill();
  }
  return {
    get end(): RunEnd | null {
      return end;
    },
    lost,
    attach(started) {
      run = started;
      if (released) started.release();
      if (end !== null) carryOut(started, end);
    },
    stop(why) {
      if (end !== null) return;
      end = why;
      if (run !== null) carryOut(run, why);
    },
    fail(error) {
      run?.kill();
      reject(error);
    },
    release() {
      released = true;
      run?.release();
    },
    done() {
      for (const cancel of cancels) cancel();
    },
  };
}
