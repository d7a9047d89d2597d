import type { SandboxDeps } from "../deps.ts";
import { broken, type GuestJob } from "./guest-job.ts";
import type { GuestLink, LinkEnd } from "./guest-link.ts";
import type { LoadMessage, StopReason } from "./guest/messages.ts";
import { haltOf } from "./guest/meter.ts";
import { createGuestRun, type GuestResult } from "./guest-run.ts";
import { readMessage } from "./read-message.ts";

/** A program that holds one component and runs one call after the other, each in an instance of its own. */
export interface Guest {
  readonly where: GuestLink["where"];
  /** Calls that it has begun. */
  readonly runs: number;
  /** `false` once its program is gone. */
  readonly alive: boolean;
  /** Runs one call. Never rejects. */
  run(job: GuestJob): Promise<GuestResult>;
  /** Ends it; `false` when it could not be ended. */
  kill(): Promise<boolean>;
}

/** How long a program may take to start and to take its component. */
const LOAD_MS = 20_000;
/** From a stop to the end by force. */
const GRACE_MS = 30;

/**
 * Gives a program its component.
 *
 * @param deps Clock and timers.
 * @param link The way to the program.
 * @param load The component, which may still be on its way: the program starts meanwhile.
 * @returns The guest; the first run waits until it is loaded.
 */
export function createGuest(
  deps: Pick<SandboxDeps, "clock" | "timers">,
  link: GuestLink,
  load: Promise<LoadMessage>,
): Guest {
  let runs = 0;
  let current: ReturnType<typeof createGuestRun> | null = null;
  let gone: LinkEnd | null = null;
  const loaded = Promise.withResolvers<LinkEnd | null>();
  function end(why: LinkEnd): void {
    gone ??= why;
    loaded.resolve(gone);
    current?.ended(gone);
  }
  // Threat: a program that says what it should not. Nothing it says afterwards counts.
  function violate(why: string): void {
    void link.kill();
    end({ code: "SANDBOX_FAILED", why });
  }
  link.listen({
    message(value) {
      if (gone !== null) return;
      const message = readMessage(value);
      if (message === null) return violate("it sent what is no message");
      if (message.kind === "loaded") return loaded.resolve(null);
      if (message.kind === "unloadable") return violate(message.reason);
      if (current === null || !current.take(message)) return violate("it sent a message out of turn");
    },
    ended: end,
  });
  load.then((message) => link.send(message), () => violate("there is no component for it"));

  async function ready(signal: AbortSignal): Promise<LinkEnd | StopReason | null> {
    const waits = Promise.withResolvers<LinkEnd | StopReason>();
    const late = deps.timers.after(LOAD_MS, () => {
      violate("it took too long to start");
    });
    function abort(): void {
      waits.resolve("cancelled");
    }
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (signal.aborted) return "cancelled";
      return await Promise.race([loaded.promise, waits.promise]);
    } finally {
      late();
      signal.removeEventListener("abort", abort);
    }
  }
  return {
    where: link.where,
    get runs() {
      return runs;
    },
    get alive() {
      return gone === null;
    },
    async run(job) {
      link.hold(true);
      runs++;
      try {
        const problem = gone ?? await ready(job.signal);
        const { limits } = job.start;
        if (problem === "cancelled") return failedEarly(haltOf(problem, limits.wallMs));
        if (problem !== null && problem !== "time") return failedEarly(broken(problem));
        current = createGuestRun({ deps, link, job, run: runs, graceMs: GRACE_MS, violate });
        return await current.result;
      } finally {
        current = null;
        link.hold(false);
      }
    },
    kill: () => link.kill(),
  };
}

function failedEarly(
  end: { readonly code: string; readonly reason: string; readonly hint: string | null },
): GuestResult {
  return {
    end: { kind: "failed", ...end },
    fuelUsed: 0,
    calls: 0,
    memoryBytes: null,
    logCut: false,
    reusable: false,
    abandoned: null,
  };
}
