import type { SessionEvent } from "../../session/mod.ts";

/**
 * Says of a call what its output does not: what was masked or dropped, why it failed.
 *
 * @param event How the call ended.
 * @returns Lines of text, or nothing. They name rules, paths and reasons, so they are not ours alone.
 */
export function callRemark(event: Extract<SessionEvent, { type: "tool_result" }>): string {
  const { error, decision, rule, reason } = event;
  const masked = event.redactions.map(({ class: name, count }) => `${count} ${name}`).join(", ");
  const lines = [
    ...(masked === "" ? [] : [`(masked: ${masked})`]),
    ...(event.changes ?? []).filter((change) => !change.kept && !change.ignored)
      .map((change) => `not kept: ${change.kind} ${change.path} (${change.decision})`),
  ];
  if (error === null) return lines.join("\n");
  if (error.code === "CANCELLED") return [...lines, "Cancelled"].join("\n");
  const why = decision === "deny"
    ? `Denied by ${rule === null ? "default" : `rule ${rule}`}: ${reason}`
    : error.message;
  return [...lines, why, ...(error.hint === null ? [] : [error.hint])].join("\n");
}
