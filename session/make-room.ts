import type { Stop } from "./events.ts";
import type { SessionWiring } from "./session-wiring.ts";

/**
 * Makes room in the model's context before the next request, and tells the front door what that took.
 *
 * @param wiring The session.
 * @returns The stop when nothing is left to cut, else `null`.
 */
export function makeRoom({ gate, budget }: SessionWiring): Stop | null {
  const step = budget.look();
  switch (step.kind) {
    case "fits":
      return null;
    case "notice": {
      const share = Math.round((100 * step.used) / step.tokens);
      const text =
        `${share} % of the model's context is used: old outputs will be left out; /compact sums up, /new starts afresh`;
      gate.emit({ type: "notice", level: "info", code: "CONTEXT_FILLING", text });
      return null;
    }
    case "pruned":
      gate.emit({ type: "compaction", before: step.before, after: step.after });
      return null;
    case "full":
      gate.emit({
        type: "error",
        code: "PROVIDER_CONTEXT",
        message:
          `Cannot go on: the conversation takes ${step.used} of ${step.tokens} tokens and nothing is left to cut`,
        hint: "let the model sum up with /compact, start a new session, or choose a model with a larger context",
      });
      return "max_tokens";
    default:
      return step satisfies never;
  }
}
