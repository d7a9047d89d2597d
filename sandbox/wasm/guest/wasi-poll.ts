/** `wasi:io/poll` for a guest that runs alone: everything is ready, except what waits for a time. */
export interface Poll {
  /** The resource class. */
  readonly Pollable: new () => object;
  /** One that is ready at an instant of the monotonic clock. */
  at(instant: bigint): object;
  /** One that is ready now. */
  ready(): object;
  /** Waits until at least one is ready; gives the indexes of those that are. */
  poll(list: readonly unknown[]): Uint32Array;
}

/**
 * Creates the interface for one call.
 *
 * @param nanos The monotonic clock.
 * @param waitUntil Blocks until an instant, or until the run is stopped.
 * @returns The interface.
 */
export function createPoll(nanos: () => bigint, waitUntil: (instant: bigint) => void): Poll {
  const instants = new WeakMap<object, bigint>();
  class Pollable {
    ready(): boolean {
      return (instants.get(this) ?? 0n) <= nanos();
    }
    block(): void {
      waitUntil(instants.get(this) ?? 0n);
    }
  }
  function at(instant: bigint): Pollable {
    const pollable = new Pollable();
    instants.set(pollable, instant);
    return pollable;
  }
  return {
    Pollable,
    at,
    ready: () => at(0n),
    poll(list) {
      const due = list.map((pollable) => instants.get(Object(pollable)) ?? 0n);
      if (due.length === 0) throw new RangeError("a poll of nothing");
      waitUntil(due.reduce((first, instant) => instant < first ? instant : first));
      const now = nanos();
      return Uint32Array.from(due.flatMap((instant, index) => instant <= now ? [index] : []));
    },
  };
}
