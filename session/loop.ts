import { isUntrusted, joinLabels, USER_LABEL } from "../core/mod.ts";
import { addPrompt } from "./add-prompt.ts";
import type { AnsweredCall } from "./context.ts";
import { exitOfStop, type Stop } from "./events.ts";
import { createPromptState, type PromptState } from "./prompt-state.ts";
import { createRepeats } from "./repeats.ts";
import { OVERTIME } from "./overtime.ts";
import { startWallClock } from "./wall-clock.ts";
import type { PromptEnd, SessionInput } from "./prompt.ts";
import type { SessionWiring } from "./session-wiring.ts";
import { makeCalls } from "./make-calls.ts";
import { makeRoom } from "./make-room.ts";
import { stopOf } from "./stop-of.ts";
import { askContextSize } from "./ask-context-size.ts";
import { countUsage } from "./count-usage.ts";
import { askModel, type Reply } from "./turn.ts";

/**
 * Answers one prompt: ask the model, take its calls through the gate, add the results, until a reply has no calls or a
 * limit ends it. Every way out emits exactly one `result`.
 *
 * @param wiring The session.
 * @param input The person's words and labelled data.
 * @param signal Cancels the prompt.
 * @returns How it ended.
 */
export async function runPrompt(
  wiring: SessionWiring,
  input: SessionInput,
  signal: AbortSignal,
): Promise<PromptEnd> {
  const { gate, limits } = wiring;
  const clock = new AbortController();
  const stopClock = startWallClock(gate, limits.wallMs, () => clock.abort(OVERTIME));
  const state = createPromptState(AbortSignal.any([signal, clock.signal]), createRepeats());
  const end = { text: "", stop: "end" as Stop };
  try {
    await addPrompt(wiring, input);
    end.stop = await converse(wiring, state, end);
  } catch (cause) {
    end.stop = stopOf(wiring, cause);
    if (state.turns > 0 && (end.stop === "cancelled" || state.partial !== "")) await keepPartial(wiring, state, end);
  } finally {
    stopClock();
  }
  if (signal.aborted) end.stop = "cancelled";
  else if (clock.signal.aborted) end.stop = "time";
  if (state.broken || gate.audit.failed) end.stop = "integrity";
  finish(wiring, state, end);
  return end;
}

async function converse(wiring: SessionWiring, state: PromptState, end: { text: string }): Promise<Stop> {
  const { limits } = wiring;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- once a session at most
    if (wiring.budget.mustAsk()) wiring.budget.resize(await askContextSize(wiring, state));
    const limit = limitReached(wiring, state) ?? makeRoom(wiring);
    if (limit !== null) return limit;
    state.turns++;
    const before = wiring.context.label();
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other
    const reply = await askModel(wiring, state);
    countUsage(wiring, state, reply);
    if (reply.text !== "") end.text = reply.text;
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other
    const calls = reply.calls.length === 0 ? [] : await makeCalls(wiring, state, reply.calls);
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other
    await keep(wiring, reply, { calls, label: joinLabels([before, MODEL_LABEL]) });
    if (reply.reason === "refused") return "refused";
    if (state.signal.aborted) return "cancelled";
    if (calls.length === 0) return reply.reason === "length" ? cutReply(wiring) : "end";
    if (state.broken) return "integrity";
    if (state.repeated) return "loop";
    if (state.deniedInRow >= limits.denials) return "denied";
  }
}

// What was seen of a reply that broke off stays, and says so: the model must not take it for complete, nor two prompts
// for one.
async function keepPartial(wiring: SessionWiring, state: PromptState, end: { stop: Stop }): Promise<void> {
  const note = state.signal.aborted && state.signal.reason !== "time"
    ? "the person interrupted"
    : "the reply broke off";
  const text = state.partial === "" ? `[${note}]` : `${state.partial}\n[${note}]`;
  const label = joinLabels([wiring.context.label(), MODEL_LABEL]);
  try {
    await keep(wiring, { text }, { calls: [], label });
  } catch (cause) {
    end.stop = stopOf(wiring, cause);
  }
}

const MODEL_LABEL = { trust: ["model"], classes: USER_LABEL.classes, sources: [] } as const;

async function keep(
  wiring: SessionWiring,
  reply: Pick<Reply, "text">,
  rest: { readonly calls: readonly AnsweredCall[]; readonly label: ReturnType<typeof joinLabels> },
): Promise<void> {
  // A reply is as trusted as what shaped it: with a clean context it is the person's own words, rephrased.
  const label = isUntrusted({ ...rest.label, trust: rest.label.trust.filter((origin) => origin !== "model") })
    ? rest.label
    : { ...rest.label, trust: rest.label.trust.filter((origin) => origin !== "model") };
  const item = { kind: "reply", text: reply.text, label, calls: rest.calls } as const;
  wiring.context.add(item);
  await wiring.store?.(item);
}

function limitReached(wiring: SessionWiring, state: PromptState): Stop | null {
  const { limits } = wiring;
  if (state.signal.aborted) return "cancelled";
  if (state.turns >= limits.turns) return "max_turns";
  if (state.input + state.output < limits.tokens) return null;
  const text = `this prompt has used ${state.input + state.output} of ${limits.tokens} tokens (limits.tokens)`;
  wiring.gate.emit({ type: "notice", level: "info", code: "LIMIT_TOKENS", text });
  return "max_tokens";
}

// One stop for three limits: which of them it was is told apart.
function cutReply({ gate }: SessionWiring): Stop {
  const text = "the reply ends where the server's limit for one reply cut it off: ask the model to go on";
  gate.emit({ type: "notice", level: "info", code: "REPLY_CUT", text });
  return "max_tokens";
}

function finish(wiring: SessionWiring, state: PromptState, end: { readonly text: string; readonly stop: Stop }): void {
  const exit = exitOfStop(end.stop, state.denied);
  wiring.gate.emit({
    type: "result",
    ok: exit === 0,
    stop: end.stop,
    text: end.text,
    turns: state.turns,
    calls: state.calls,
    denied: state.denied,
    exit,
    usage: { input: state.input, output: state.output },
    audit: { file: wiring.gate.auditFile },
  });
}
