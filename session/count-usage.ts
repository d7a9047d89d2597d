import type { PromptState } from "./prompt-state.ts";
import type { SessionWiring } from "./session-wiring.ts";
import type { Reply } from "./turn.ts";

/**
 * Counts what a reply used; where a provider does not count, three bytes are taken for a token.
 *
 * @param wiring The session.
 * @param state Counters of the prompt.
 * @param reply The reply.
 */
export function countUsage(
  wiring: Pick<SessionWiring, "gate" | "budget" | "context">,
  state: Pick<PromptState, "input" | "output">,
  reply: Pick<Reply, "usage" | "text">,
): void {
  const input = reply.usage.input ?? Math.ceil(wiring.context.bytes() / 3);
  const output = reply.usage.output ?? Math.ceil(Buffer.byteLength(reply.text) / 3);
  state.input += input;
  state.output += output;
  if (reply.usage.input !== null) wiring.budget.reported(input + output);
  wiring.gate.emit({ type: "usage", input, output, context: { used: input + output, size: wiring.budget.size } });
}
