import type { ApprovalRequest, Approver } from "../../../core/mod.ts";

/** An approver that knows what was just typed. */
export interface TypedApprover {
  readonly approver: Approver;
  /** Names the tool of the line that was typed, or `null` when it has ended. */
  typed(tool: string | null): void;
}

/**
 * Lets the act of typing `!cmd` at our own terminal answer the ask about that very command, once. Its changes are asked
 * about as always.
 *
 * @param inner Answers everything else.
 * @returns The approver.
 */
export function createTypedApprover(inner: Approver): TypedApprover {
  let waiting: string | null = null;
  return {
    typed(tool): void {
      waiting = tool;
    },
    approver: {
      channel: inner.channel,
      ask(request, signal) {
        const answers = waiting === "shell" && isCommandItself(request);
        waiting = null;
        if (!answers) return inner.ask(request, signal);
        return Promise.resolve({ kind: "allowed", scope: "once", subject: request.digest, only: null });
      },
    },
  };
}

function isCommandItself(request: ApprovalRequest): boolean {
  return request.tool === "shell" && request.actor === "person" && request.preview.kind === "text";
}
