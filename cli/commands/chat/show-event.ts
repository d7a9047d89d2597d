import type { SessionEvent } from "../../../session/mod.ts";
import type { CommandContext } from "../../context.ts";
import { showProgress } from "../../output/progress.ts";
import { sanitizeLine } from "../../term/sanitize.ts";

/** Prints the events of a chat, and keeps what its status line tells. */
export interface ChatScreen {
  take(event: SessionEvent): void;
  /** Ends an unfinished line of text. */
  settle(): void;
  /** `llama3.2 local | ask | 3 grants | 12k/128k | tainted | audit ok` */
  status(facts: { readonly mode: string; readonly grants: number; readonly auditFailed: boolean }): string;
}

/**
 * Creates the screen of a chat.
 *
 * @param context The command's context.
 * @returns The screen.
 */
export function createChatScreen(context: CommandContext): ChatScreen {
  const { output } = context;
  let open = false;
  let model = "";
  let used = "";
  let tainted = false;

  function settle(): void {
    if (open) output.partial("\n");
    open = false;
  }
  return {
    settle,
    take(event): void {
      if (event.type === "text") {
        output.partial(event.text);
        open = !event.text.endsWith("\n");
        return;
      }
      settle();
      if (event.type === "init") model = `${event.model} ${event.locality}`;
      if (event.type === "tool_call") tainted ||= event.tainted;
      if (event.type === "usage") used = `${thousands(event.context.used)}/${thousands(event.context.size)}`;
      showProgress(output, event);
    },
    status(facts): string {
      const parts = [model, facts.mode, `${facts.grants} ${facts.grants === 1 ? "grant" : "grants"}`, used];
      if (tainted) parts.push("tainted");
      parts.push(facts.auditFailed ? "AUDIT FAILED" : "audit ok");
      return parts.filter((part) => part !== "").map(sanitizeLine).join(" | ");
    },
  };
}

function thousands(count: number): string {
  return count < 1_000 ? String(count) : `${Math.round(count / 1_000)}k`;
}
