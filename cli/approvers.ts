import type { Approver, AtomicAction } from "../core/mod.ts";

/**
 * Answers every question with yes, once, because the person said so on the command line (`--approve`). Never turns a
 * deny: those are not asked.
 *
 * @returns The approver; its channel is `flag`.
 */
export function createFlagApprover(): Approver {
  return {
    channel: "flag",
    ask(request, signal) {
      return Promise.resolve(
        signal.aborted
          ? { kind: "refused", why: "cancelled", message: null }
          : { kind: "allowed", scope: "once", subject: request.digest, only: null },
      );
    },
  };
}

/**
 * Stands in where nobody can be asked.
 *
 * @param missed Takes what would have been asked; must not throw.
 * @returns The approver; its channel is `none`.
 */
export function createNobody(missed: (asks: readonly AtomicAction[]) => void = () => {}): Approver {
  return {
    channel: "none",
    ask: () => Promise.resolve({ kind: "refused", why: "nobody", message: null }),
    missed,
  };
}
