import { joinLabels } from "../core/mod.ts";
import type { ContextItem } from "./context.ts";
import { countUsage } from "./count-usage.ts";
import { SessionError } from "./errors.ts";
import type { Stop } from "./events.ts";
import { createPromptState } from "./prompt-state.ts";
import { createRepeats } from "./repeats.ts";
import type { SessionWiring } from "./session-wiring.ts";
import { stopOf } from "./stop-of.ts";
import { askModel, type Reply } from "./turn.ts";

const INSTRUCTION =
  "Sum up our conversation so that you can go on from the summary alone: what was asked, what was found out (with paths and names), what was changed, what was refused and why, what is left to do. Write plain text. Call no tool.";
/** Words of ours, not of the person: what a summary stands behind, since a conversation begins with the person. */
const LEAD = "(the conversation up to here was summed up)";

/**
 * Puts a summary, written by the model, in the place of the conversation. The summary is the model's text with the join
 * of all labels it replaces: nothing becomes more trusted by being told again.
 *
 * @param wiring The session.
 * @param signal Cancels.
 * @returns How it ended; unless it is `end`, the conversation is as it was.
 */
export async function compactContext(wiring: SessionWiring, signal: AbortSignal): Promise<Stop> {
  const { gate, context, budget } = wiring;
  const state = createPromptState(signal, createRepeats());
  state.turns = 1;
  const before = budget.used();
  try {
    if (context.items.length === 0) {
      throw new SessionError("ARGS_INVALID", "Cannot sum up: nothing was said yet");
    }
    const reply = await askModel(wiring, state, { instruction: INSTRUCTION });
    countUsage(wiring, state, reply);
    const items = summaryItems(wiring, reply);
    context.rewrite(items);
    budget.rewritten();
    wiring.rewrite?.(items);
    gate.emit({ type: "compaction", before, after: budget.used() });
    return "end";
  } catch (cause) {
    return signal.aborted ? "cancelled" : stopOf(wiring, cause);
  }
}

function summaryItems({ context, model }: SessionWiring, reply: Reply): readonly ContextItem[] {
  if (reply.text.trim() === "" || reply.reason !== "stop") {
    throw new SessionError(
      "PROVIDER_PROTOCOL",
      `Cannot sum up: ${model.provider}/${model.name} wrote no whole summary`,
      {
        hint: "try again, or start a new session with /new",
      },
    );
  }
  const label = joinLabels([context.label(), { trust: ["model"], classes: [], sources: [] }]);
  return [
    { kind: "prompt", text: LEAD, data: [] },
    { kind: "reply", text: reply.text, label, calls: [] },
  ];
}
