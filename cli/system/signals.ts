/** How the process learns that it should end. */
export interface Signals {
  /** Aborts at the first signal or when stdout is closed; its reason is the signal's name or `EPIPE`. */
  readonly signal: AbortSignal;
  /** Ends the command as a signal would. */
  abort(reason: string): void;
}

/** A terminal's signal may arrive twice: once itself, once through a process that passes it on. */
const SAME_MS = 300;
const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Listens for the signals that end a session in good order.
 *
 * @param onInsist Called at the second signal: the person does not want to wait any longer.
 * @returns The abort signal of the whole process.
 */
export function listenForSignals(onInsist: () => void): Signals {
  const controller = new AbortController();
  let first = 0;
  function receive(reason: string): void {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(reason);
    } else if (performance.now() - first > SAME_MS) onInsist();
  }
  for (const name of ENDING) {
    // Windows knows only some of them, and Deno refuses to listen for the others.
    if (process.platform === "win32" && name === "SIGTERM") continue;
    process.on(name, receive);
  }
  return {
    signal: controller.signal,
    abort(reason): void {
      if (!controller.signal.aborted) controller.abort(reason);
    },
  };
}
