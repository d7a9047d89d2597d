import { CLASSIFICATIONS, digestOf } from "../core/mod.ts";
import { gateModel } from "./model-call.ts";
import type { PromptState } from "./prompt-state.ts";
import { fromModel } from "./provenance.ts";
import type { SessionWiring } from "./session-wiring.ts";

/**
 * Asks a server on this machine how much its model can take; through the gate like every other request to it.
 *
 * @param wiring The session.
 * @param state The prompt under way.
 * @returns Tokens; `null` when the model is elsewhere, is not allowed, or does not say.
 */
export async function askContextSize(
  wiring: SessionWiring,
  state: Pick<PromptState, "turns" | "signal">,
): Promise<number | null> {
  const { gate, model, context } = wiring;
  if (model.locality !== "local") return null;
  try {
    const io = gateModel(gate, model, {
      turn: state.turns,
      provenance: fromModel(context.label(), { quotes: wiring.quotes, policy: gate.policy }),
      // Nothing of the conversation is sent, so nothing is left to mask.
      classes: ["public"],
      redacted: CLASSIFICATIONS,
      redactions: [],
      bytes: 0,
      signal: state.signal,
    });
    const attempt = await io.attempt(0, digestOf({ ask: "context", model: model.name }));
    const size = await model.reportedContext(attempt, { ...wiring.modelPorts, ...io });
    await attempt.end({ error: null, usage: { input: null, output: null }, bytes: 0, retried: false });
    return size;
  } catch {
    // The request that the size is for will tell what is wrong.
    return null;
  }
}
