import {
  AgentZeroError,
  type Classification,
  isUntrusted,
  joinLabels,
  type Redactor,
  USER_LABEL,
} from "../core/mod.ts";
import type { AnsweredCall, ContextItem, LabelledText } from "./context.ts";
import { SessionError } from "./errors.ts";
import { exitOfStop, type Stop } from "./events.ts";
import { createPromptState, type PromptState } from "./prompt-state.ts";
import { createRepeats } from "./repeats.ts";
import { startWallClock } from "./wall-clock.ts";
import type { PromptEnd, SessionInput, SessionWiring } from "./session.ts";
import { makeCalls } from "./make-calls.ts";
import { maskedText } from "./masked-text.ts";
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
  const stopClock = startWallClock(gate, limits.wallMs, () => clock.abort("time"));
  const state = createPromptState(AbortSignal.any([signal, clock.signal]), createRepeats());
  const end = { text: "", stop: "end" as Stop };
  try {
    await start(wiring, input);
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

async function start(wiring: SessionWiring, input: SessionInput): Promise<void> {
  const { gate, limits } = wiring;
  const bytes = Buffer.byteLength(input.text) + input.data.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > limits.promptBytes) {
    throw new SessionError("LIMIT_SIZE", `Cannot take the prompt: ${bytes} bytes is more than ${limits.promptBytes}`, {
      hint: "put the text into a file and let the model read it",
    });
  }
  const item: ContextItem = {
    kind: "prompt",
    text: gate.redactor.mask(input.text).text,
    data: await Promise.all(
      [...wiring.context.items.length === 0 ? wiring.instructions : [], ...input.data].map((part) =>
        labelData(gate.redactor, part)
      ),
    ),
  };
  wiring.quotes.learn(input.text);
  wiring.context.add(item);
  await wiring.store?.(item);
}

async function labelData(redactor: Redactor, part: SessionInput["data"][number]): Promise<LabelledText> {
  const { text } = redactor.mask(part.text);
  const detected = new Set<Classification>();
  for (const hit of await redactor.detect(text)) detected.add(hit.class);
  return { text, label: part.label, detected: [...detected] };
}

async function converse(wiring: SessionWiring, state: PromptState, end: { text: string }): Promise<Stop> {
  const { limits } = wiring;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- once a session at most
    if (wiring.budget.mustAsk()) wiring.budget.resize(await askContextSize(wiring, state));
    const limit = limitReached(wiring, state) ?? contextFull(wiring);
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

// Makes room in the model's context; a stop when there is none left.
function contextFull({ gate, budget }: SessionWiring): Stop | null {
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

/**
 * Tells the front door of a failure and says how the prompt ends.
 *
 * @param wiring The session.
 * @param cause What was thrown.
 * @returns The stop.
 */
export function stopOf(wiring: SessionWiring, cause: unknown): Stop {
  const failure = cause instanceof AgentZeroError
    ? cause
    : new SessionError("TOOL_ERROR", "Cannot go on: the session failed inside", { cause });
  if (failure.code === "CANCELLED") return "cancelled";
  const { redactor, emit } = wiring.gate;
  emit({
    type: "error",
    code: failure.code,
    message: maskedText(redactor, failure.message),
    hint: failure.hint === undefined ? null : maskedText(redactor, failure.hint),
  });
  if (failure.code === "MODEL_DENIED") return "denied";
  // The prompt itself was refused: nothing broke.
  if (failure.code === "LIMIT_SIZE") return "refused";
  return failure.code.startsWith("PROVIDER_") ? "provider" : "integrity";
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
