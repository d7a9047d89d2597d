import { ACP_CODE, acpError } from "./acp-error.ts";

/** Prompts of one session: one runs, a few wait in order. */
export interface PromptQueue {
  /**
   * Runs work when its turn comes.
   *
   * @param work Gets the signal that cancels this turn.
   * @param signal Cancels this turn from outside.
   * @returns What the work gave; `null` when the turn was cancelled before it began.
   * @throws {RequestError} `SESSION_BUSY` when too many wait.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | null>;
  /** Cancels the turn that runs and all that wait; what comes later is not concerned. */
  cancel(): void;
  /** Resolves when nothing runs or waits any more. */
  idle(): Promise<void>;
}

const MAX_WAITING = 4;

/** Creates the queue of a session. */
export function createPromptQueue(): PromptQueue {
  const turns = new Set<AbortController>();
  let tail: Promise<unknown> = Promise.resolve();

  return {
    run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | null> {
      if (turns.size > MAX_WAITING) {
        return Promise.reject(acpError(ACP_CODE.internal, `Cannot take the prompt: ${MAX_WAITING} wait already`, {
          code: "SESSION_BUSY",
          hint: "wait for an answer, or cancel",
        }));
      }
      const turn = new AbortController();
      turns.add(turn);
      const done = take(work, AbortSignal.any([turn.signal, signal]), tail).finally(() => turns.delete(turn));
      tail = done.catch(() => undefined);
      return done;
    },
    cancel(): void {
      for (const turn of turns) turn.abort();
    },
    async idle(): Promise<void> {
      await tail;
    },
  };
}

async function take<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  before: Promise<unknown>,
): Promise<T | null> {
  await before;
  return signal.aborted ? null : await work(signal);
}
