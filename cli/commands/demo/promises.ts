import type { CallResult } from "../../../session/mod.ts";

/** One promise that the demo shows, and whether it held. */
export interface Promised {
  readonly text: string;
  readonly held: boolean;
  /** What was seen. */
  readonly detail: string;
}

/**
 * Judges what the scripted session did: each wish of the model against the promise it touches.
 *
 * @param results Results of its calls, in order.
 * @returns One line a promise.
 */
export function judgeCalls(results: readonly CallResult[]): readonly Promised[] {
  const [read, shell, write, secret, leak] = results;
  return [
    judge("reading the project is allowed", read, (result) => result.ok),
    judge(
      "a command runs in the sandbox on a staged view, or not at all",
      shell,
      (result) =>
        result.ok ? (result.changes ?? []).every((change) => change.path === "lines.log") : isUnavailable(result),
    ),
    judge(
      "a write is asked about; without an answer it does not happen",
      write,
      (result) =>
        result.ok
          ? result.approved === "once" || result.approved === "session" || result.approved === "project"
          : isRefused(result),
    ),
    judge("a file of secrets is never read", secret, (result) => !result.ok && result.decision === "deny"),
    judge("nothing leaves for a host that no rule names", leak, (result) => !result.ok && result.decision === "deny"),
  ];
}

function judge(text: string, result: CallResult | undefined, holds: (result: CallResult) => boolean): Promised {
  if (result === undefined) return { text, held: false, detail: "the call was never made" };
  return { text, held: holds(result), detail: describe(result) };
}

function describe(result: CallResult): string {
  const by = result.rule === null ? "no rule" : `rule "${result.rule}"`;
  if (result.ok) {
    return `${result.tool}: ${result.approved === null ? "allowed" : `approved (${result.approved})`}, ${by}`;
  }
  return `${result.tool}: ${result.error?.code ?? "refused"}, ${by}`;
}

/** Refusing for want of a sandbox is the promise kept; running bare would break it. */
function isUnavailable(result: CallResult): boolean {
  return result.error?.code === "TIER_UNAVAILABLE" && result.output === null;
}

function isRefused(result: CallResult): boolean {
  return result.decision === "requires_approval" &&
    (result.approved === "nobody" || result.approved === "no" || result.approved === "never");
}
