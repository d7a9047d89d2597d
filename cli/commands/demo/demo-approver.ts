import type { Approver } from "../../../core/mod.ts";
import type { CommandContext } from "../../context.ts";
import { approvalScreen } from "../../term/approval-screen.ts";
import { PLAIN, styleFor } from "../../term/style.ts";

/**
 * Plays the person of the demo: shows every question as a terminal would, and says aloud what it answers.
 *
 * @param context Where to show it.
 * @param answer What it answers; with `no` nothing of the person's own project changes.
 * @returns The approver; its channel is `demo`.
 */
export function createDemoApprover(context: CommandContext, answer: "yes" | "no"): Approver {
  return {
    channel: "demo",
    ask(request) {
      if (!context.json) {
        const { terminal } = context;
        const view = {
          columns: Math.min(context.tty.columns, 100),
          details: false,
          style: terminal === null ? PLAIN : styleFor(context.system.env, true),
        };
        const screen = approvalScreen(request, view).join("\n");
        // A note passes the sanitiser, which would spell out the colours; the lines of the screen have passed it.
        if (terminal === null) context.output.note(screen);
        else terminal.write(`${screen}\n`);
        context.output.note(`   Allow? [n]   the demo answers: ${answer === "yes" ? "y (once)" : "n"}`);
      }
      return Promise.resolve(
        answer === "yes"
          ? { kind: "allowed", scope: "once", subject: request.digest, only: null }
          : { kind: "refused", why: "no", message: null },
      );
    },
  };
}
