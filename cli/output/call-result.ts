import type { CallResult, ChangeReport } from "../../session/mod.ts";
import type { Output } from "../context.ts";

/**
 * Shows the result of a call to a person: its output on stdout, everything about it on stderr.
 *
 * @param output Where to.
 * @param result The result.
 */
export function showResult(output: Output, result: CallResult): void {
  if (result.output !== null && result.output !== "") output.text(result.output);
  for (const line of resultNotes(result)) output.note(line);
  if (result.error !== null && result.error.code !== "COMMAND_FAILED") {
    output.failure(result.error, reasonOf(result));
  }
}

/**
 * Says what a person should know about a result besides its output.
 *
 * @param result The result.
 * @returns Lines, not sanitised.
 */
export function resultNotes(result: CallResult): readonly string[] {
  const notes: string[] = [];
  if (result.truncated) notes.push("(the output was cut)");
  const masked = result.redactions.map(({ class: name, count }) => `${count} ${name}`).join(", ");
  if (masked !== "") notes.push(`(masked: ${masked})`);
  if (typeof result.exit === "number" && result.exit !== 0) notes.push(`(exit ${result.exit})`);
  notes.push(...(result.changes ?? []).filter((change) => !change.ignored || change.kept).map(changeNote));
  return notes;
}

function changeNote(change: ChangeReport): string {
  const what = `${change.kind} ${change.path}`;
  if (change.kept) return `kept: ${what}`;
  const rule = change.rule === null ? "no rule allows it" : `rule "${change.rule}"`;
  return `not kept: ${what} (${change.decision}, ${rule})`;
}

/**
 * Gives the reason of a refusal; what was allowed and failed otherwise has none that would explain it.
 *
 * @param result The result.
 * @returns The reason, or `null` where the message says it already.
 */
export function reasonOf({ decision, reason, error, approved }: CallResult): string | null {
  if (decision !== "deny" && decision !== "requires_approval") return null;
  // Somebody said yes: what went wrong then has nothing to do with the rule.
  if (approved !== null && !["no", "never", "nobody"].includes(approved)) return null;
  return error !== null && reason.endsWith(error.message) ? null : reason;
}
