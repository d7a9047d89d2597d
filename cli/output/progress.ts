import type { SessionEvent } from "../../session/mod.ts";
import type { Output } from "../context.ts";
import { reasonOf, resultNotes } from "./call-result.ts";

/**
 * Tells a person on stderr what a session does: calls, refusals with what would allow them, limits. The text itself is
 * not its business.
 *
 * @param output Where to.
 * @param event One event.
 */
export function showProgress(output: Output, event: SessionEvent): void {
  switch (event.type) {
    case "tool_call":
      output.note(`> ${event.title}${event.tainted ? "  (tainted)" : ""}`);
      return;
    case "tool_result":
      if (event.error?.code === "CANCELLED") output.note("  (the call was cancelled)");
      // Who has just said no knows what was not done, by which rule and why; changes are named below.
      else if (event.error?.code === "APPROVAL_REFUSED") {
        if ((event.changes ?? []).length === 0) output.note("  (not done)");
      } else if (event.error !== null && event.error.code !== "COMMAND_FAILED") {
        output.failure(event.error, reasonOf(event));
      }
      for (const note of resultNotes(event)) output.note(`  ${note}`);
      return;
    case "notice":
      output.note(`${event.level === "warning" ? "warning: " : ""}${event.text}`);
      return;
    case "compaction":
      output.note(
        event.after < event.before
          ? `(the context was shortened from ${event.before} to ${event.after} tokens)`
          : `(the conversation was summed up: ${event.after} tokens)`,
      );
      return;
    case "error":
      output.failure(event, null);
      return;
    case "result":
      // A model that may not be asked was told as an error.
      if (event.stop === "denied" && event.denied === 0) return;
      if (STOPS[event.stop] !== undefined) output.note(`stopped: ${STOPS[event.stop]}`);
      return;
    case "init":
    case "text":
    case "thought":
    case "decision":
    case "tool_output":
    case "changes":
    case "plan":
    case "usage":
      return;
    default:
      event satisfies never;
  }
}

const STOPS: Readonly<Record<string, string>> = {
  refused: "the model refused",
  max_turns: "the limit of model calls is reached (--max-turns)",
  max_tokens: "a limit of tokens is reached",
  time: "the time limit is reached (limits.wall)",
  loop: "the same call kept giving the same result",
  denied: "too much was denied",
  cancelled: "interrupted",
};
