import type { SandboxDeps } from "../deps.ts";
import { startSupervisor, type Supervisor } from "./start-supervisor.ts";
import type { Programs } from "./supervisor.ts";

/** Supervisors of a session. */
export interface Supervisors {
  /** Gives one that waits already, or starts one. Throws {@link SandboxError} `SANDBOX_FAILED`. */
  take(programs: Programs, own: boolean): Promise<Supervisor>;
  /** Has one wait for the next run, if it looks as if there will be one. Never throws. */
  prepare(): void;
  /** Ends the one that waits; none waits from then on. Idempotent. */
  close(): void;
}

interface Kind {
  readonly programs: Programs;
  readonly own: boolean;
}

// One that waits has the mounts of the moment it was started in.
const FRESH_MS = 30_000;
// A session that ran a command twice will run another; a single call will not.
const SEVERAL = 2;

/**
 * Creates the supply of supervisors. To start one takes as long as everything that bubblewrap does, so a session keeps
 * one waiting: a shell without a task, in an empty environment, that ends with this process.
 *
 * @param deps Timers and host facts.
 * @returns The supply.
 */
export function createSupervisors(deps: Pick<SandboxDeps, "timers" | "facts">): Supervisors {
  let runs = 0;
  let last: Kind | null = null;
  let waiting: Waiting | null = null;
  let closed = false;
  function discard(): void {
    waiting?.cancel();
    waiting = null;
  }
  function wait(): void {
    if (closed || last === null || waiting !== null) return;
    const supervisor = start(last);
    const stop = deps.timers.after(FRESH_MS, discard);
    waiting = {
      own: last.own,
      supervisor,
      stop,
      cancel() {
        stop();
        void supervisor.then((one) => one?.kill());
      },
    };
  }
  return {
    async take(programs, own) {
      runs++;
      last = { programs, own };
      const ready = waiting;
      waiting = null;
      ready?.stop();
      if (ready !== null) {
        const supervisor = await ready.supervisor;
        if (supervisor !== null && !supervisor.ended && ready.own === own) {
          supervisor.hold(true);
          return supervisor;
        }
        supervisor?.kill();
      }
      return await startSupervisor(programs, own);
    },
    prepare() {
      // Deno has no way to let go of pipes that are open: it would not end.
      if (runs < SEVERAL || deps.facts.runtime !== "node") return;
      // The answer goes out first.
      deps.timers.after(0, wait);
    },
    close() {
      closed = true;
      discard();
    },
  };
}

interface Waiting {
  readonly own: boolean;
  readonly supervisor: Promise<Supervisor | null>;
  /** Stops the clock. */
  readonly stop: () => void;
  /** Ends it. */
  cancel(): void;
}

async function start({ programs, own }: Kind): Promise<Supervisor | null> {
  try {
    const supervisor = await startSupervisor(programs, own);
    supervisor.hold(false);
    return supervisor;
  } catch {
    // The next run starts its own, and says why that does not work.
    return null;
  }
}
