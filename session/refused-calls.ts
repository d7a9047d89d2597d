import type { CallFailure } from "./call.ts";

/** Codes of calls that no tool ever took. */
export const NEVER_A_CALL: ReadonlySet<string> = new Set(["ARGS_INVALID", "TOOL_UNKNOWN", "LIMIT_CALLS"]);

/** What a model reads that goes round in circles. */
export const SAME_RESULT = "the same call gave the same result several times";

/**
 * Refuses a call beyond what one reply may make.
 *
 * @param tool Name of the tool, as the model wrote it.
 * @param limit How many calls a reply may make.
 * @returns The failure.
 */
export function tooManyCalls(tool: string, limit: number): CallFailure {
  return {
    code: "LIMIT_CALLS",
    message: `Cannot call "${tool}": a reply may make at most ${limit} calls`,
    hint: "make the rest in the next reply",
  };
}

/**
 * Refuses a call whose result is known by now.
 *
 * @param tool Name of the tool, as the model wrote it.
 * @returns The failure.
 */
export function sameAgain(tool: string): CallFailure {
  return { code: "LIMIT_REPEAT", message: `Cannot call "${tool}" again: ${SAME_RESULT}`, hint: "do something else" };
}
