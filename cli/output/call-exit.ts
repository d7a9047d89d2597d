import type { CallResult } from "../../session/mod.ts";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.ts";

// What a command ends with when several apply.
const ORDER: readonly ExitCode[] = [
  EXIT.integrity,
  EXIT.interrupted,
  EXIT.provider,
  EXIT.limit,
  EXIT.denied,
  EXIT.notFound,
  EXIT.usage,
  EXIT.failed,
  EXIT.ok,
];

/**
 * Says what the process ends with after one call.
 *
 * @param result The call's result.
 * @returns 0 when it did what it was asked to; 5 when it was denied, or when a change was not kept for want of permission.
 */
export function resultExit(result: CallResult): ExitCode {
  const exits: ExitCode[] = [result.ok ? EXIT.ok : EXIT.failed];
  if (result.error !== null) exits.push(exitCodeOf(result.error.code));
  if (!result.ok && isRefused(result)) exits.push(EXIT.denied);
  if (result.changes?.some((change) => !change.kept && !change.ignored && isRestricted(change.decision)) === true) {
    exits.push(EXIT.denied);
  }
  return ORDER.find((exit) => exits.includes(exit)) ?? EXIT.failed;
}

/** Policy or a person said no; a call that broke before or after that decision is something else. */
function isRefused(result: CallResult): boolean {
  if (["ARGS_INVALID", "PATH_INVALID", "NOT_FOUND", "TOOL_NAME", "TOOL_SCHEMA"].includes(result.error?.code ?? "")) {
    return false;
  }
  return result.output === null && (result.decision === "deny" || refusedAnswer(result));
}

function refusedAnswer(result: CallResult): boolean {
  return result.decision === "requires_approval" &&
    (result.approved === "no" || result.approved === "never" || result.approved === "nobody");
}

function isRestricted(decision: CallResult["decision"]): boolean {
  return decision === "deny" || decision === "requires_approval";
}
