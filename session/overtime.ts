import type { CallFailure } from "./call.ts";

/** Why the clock of a prompt aborts it. */
export const OVERTIME = "time";

const FAILURE: CallFailure = {
  code: "LIMIT_TIME",
  message: "Cannot go on: the time limit of the prompt is reached",
  hint: "give it more with limits.wall in config.yml",
};

/**
 * Tells a call that the clock of its prompt stopped from one that somebody cancelled.
 *
 * @param signal What stopped it.
 * @param failure How it ended.
 * @returns `LIMIT_TIME` in the place of `CANCELLED` where the time was up; any other failure as it is.
 */
export function afterOvertime<T extends CallFailure | null>(signal: AbortSignal, failure: T): T | CallFailure {
  return failure?.code === "CANCELLED" && signal.reason === OVERTIME ? FAILURE : failure;
}
