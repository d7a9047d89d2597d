import type { GateDeps } from "../deps.ts";
import type { GuestTime } from "./guest.ts";

/**
 * Makes the clock of a guest stand while a person thinks about one of its calls.
 *
 * @param deps The gate's wiring.
 * @param time The clock; nothing changes without one.
 * @returns Wiring whose questions pause the clock.
 */
export function patient(deps: GateDeps, time: GuestTime | undefined): GateDeps {
  if (time === undefined) return deps;
  return {
    ...deps,
    questions: {
      channel: deps.questions.channel,
      missed: (asks) => deps.questions.missed(asks),
      waitedMs: () => deps.questions.waitedMs(),
      async ask(request, signal) {
        const goOn = time.pause();
        try {
          return await deps.questions.ask(request, signal);
        } finally {
          goOn();
        }
      },
    },
  };
}
