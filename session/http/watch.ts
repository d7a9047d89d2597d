import type { Timers } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";

/** Ends one exchange: by the caller's signal, by a deadline, or because it is over. */
export interface Watch {
  /** Aborts with the coded error that says why. */
  readonly signal: AbortSignal;
  /** Starts the one deadline anew. */
  arm(ms: number, late: () => SessionError): void;
  /** Stops the deadline. */
  rest(): void;
  /** Settles like `work`, but rejects at once when the watch ends. */
  guard<Value>(work: Promise<Value>): Promise<Value>;
  /** Ends the exchange with an error of ours. */
  fail(error: SessionError): void;
  /** Lets go of the caller's signal and of the deadline. Idempotent. */
  close(): void;
}

/**
 * Starts watching an exchange.
 *
 * @param timers Injected timers.
 * @param signal The caller's; its abort becomes `CANCELLED`.
 * @returns The watch; it must be closed.
 */
export function startWatch(timers: Timers, signal: AbortSignal): Watch {
  const control = new AbortController();
  let stop: (() => void) | null = null;

  function fail(error: SessionError): void {
    stop?.();
    if (!control.signal.aborted) control.abort(error);
  }
  function cancelled(): void {
    fail(new SessionError("CANCELLED", "Cannot finish the request: it was cancelled"));
  }
  if (signal.aborted) cancelled();
  else signal.addEventListener("abort", cancelled, { once: true });

  return {
    signal: control.signal,
    fail,
    arm(ms, late): void {
      stop?.();
      if (!control.signal.aborted) stop = timers.after(ms, () => fail(late()));
    },
    rest: () => stop?.(),
    guard<Value>(work: Promise<Value>): Promise<Value> {
      return new Promise<Value>((resolve, reject) => {
        function leave(): void {
          reject(reasonOf(control.signal));
        }
        if (control.signal.aborted) leave();
        else control.signal.addEventListener("abort", leave, { once: true });
        void work.then(resolve, reject).finally(() => control.signal.removeEventListener("abort", leave));
      });
    },
    close(): void {
      stop?.();
      signal.removeEventListener("abort", cancelled);
    },
  };
}

/**
 * Returns why a watch ended.
 *
 * @param signal An aborted signal of a {@link Watch}.
 * @returns The coded error.
 */
export function reasonOf(signal: AbortSignal): SessionError {
  const reason: unknown = signal.reason;
  return reason instanceof SessionError
    ? reason
    : new SessionError("CANCELLED", "Cannot finish the request: it was cancelled");
}
