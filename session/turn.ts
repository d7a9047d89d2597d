import type { Classification, Redaction } from "../core/mod.ts";
import { toMessages } from "./context.ts";
import { SessionError } from "./errors.ts";
import type { SessionEvent } from "./events.ts";
import type { ReplyCall } from "./make-calls.ts";
import { modelAction } from "./model-action.ts";
import { gateModel } from "./model-call.ts";
import { fromModel } from "./provenance.ts";
import type { ModelPart, ModelRequest, ModelUsage } from "./providers/model.ts";
import { streamModel } from "./providers/stream-model.ts";
import type { PromptState } from "./prompt-state.ts";
import type { SessionWiring } from "./session-wiring.ts";

/** A question of the engine's own, besides the conversation. */
export interface Aside {
  readonly instruction: string;
}

/** A reply of the model, before its calls were made. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly ReplyCall[];
  readonly reason: "stop" | "calls" | "length" | "refused";
  readonly usage: ModelUsage;
}

/**
 * Asks the model once: the context is masked as policy obliges, sent through the gate, and the reply streamed out.
 *
 * @param wiring The session.
 * @param state The prompt under way.
 * @param aside What to ask instead of going on; then no tool is offered and nothing is shown.
 * @returns The whole reply.
 * @throws {SessionError} `MODEL_DENIED`, `PROVIDER_*`, `CANCELLED`, `AUDIT_UNWRITABLE`.
 */
export async function askModel(
  wiring: SessionWiring,
  state: Pick<PromptState, "turns" | "signal"> & Partial<Pick<PromptState, "partial">>,
  aside: Aside | null = null,
): Promise<Reply> {
  const { gate, context, model } = wiring;
  gate.dynamic.nextRound();
  const provenance = fromModel(context.label(), { quotes: wiring.quotes, policy: gate.policy });
  const { classes, redact } = whatGoes(wiring);
  const redactions: Redaction[] = [];
  const used = new Set<string>();
  const messages = [
    ...await toMessages(context, wiring.envelope, (text) => maskFor(wiring, text, { redact, redactions, used })),
  ];
  // What left the context is not sent again: a session of days must not keep every text it ever saw.
  for (const key of wiring.maskedTexts.keys()) if (!used.has(key)) wiring.maskedTexts.delete(key);
  if (aside !== null) messages.push({ role: "user", texts: [aside.instruction] });
  const { mode } = gate.policy;
  // The person may have switched since the last request; policy holds the mode too.
  const usable = [...gate.tools.values()].filter(({ readOnly }) => mode === "ask" || readOnly);
  const offered = aside === null ? usable : [];
  const tools = await Promise.all(offered.map((entry) => entry.load()));
  const request: ModelRequest = {
    messages: [
      { role: "system", text: wiring.systemPrompt({ mode, tools: usable.map(({ name }) => name) }) },
      ...messages,
    ],
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    maxOutputTokens: null,
  };
  const io = gateModel(gate, model, {
    turn: state.turns,
    provenance,
    classes,
    redacted: redact,
    redactions,
    bytes: messages.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)), 0),
    signal: state.signal,
  });
  const parts = streamModel(model, request, { ...wiring.modelPorts, ...io });
  return await readReply(wiring, parts, aside === null ? (text) => void (state.partial = text) : null);
}

// Shows a reply while it streams; what is held back is shown as well when the stream breaks off, and handed to `keep`.
async function readReply(
  wiring: SessionWiring,
  parts: AsyncIterable<ModelPart>,
  keep: ((shown: string) => void) | null,
): Promise<Reply> {
  const { gate } = wiring;
  function show(event: SessionEvent): void {
    if (keep !== null) gate.emit(event);
  }
  const shown = {
    text: maskedStream(wiring, (text) => show({ type: "text", text, trust: "model" })),
    thought: maskedStream(wiring, (text) => show({ type: "thought", text })),
  };
  let text = "";
  let ended = false;
  const calls: ReplyCall[] = [];
  try {
    for await (const part of parts) {
      switch (part.kind) {
        case "text":
          text += part.delta;
          shown.text.push(part.delta);
          break;
        case "thought":
          shown.thought.push(part.delta);
          break;
        case "call":
          calls.push(part);
          break;
        case "finish":
          ended = true;
          return { text: gate.redactor.mask(text).text, calls, reason: part.reason, usage: part.usage };
        default:
          part satisfies never;
      }
    }
  } finally {
    shown.thought.end();
    shown.text.end();
    keep?.(ended ? "" : gate.redactor.mask(text).text);
  }
  throw new SessionError("PROVIDER_STREAM", "Cannot read the reply: it ended too early");
}

// What would be sent, in classes, and what the rules for it oblige us to mask. Asked before the request is made, since
// it is masked before it is digested; a class that detectors found no longer counts once it is masked.
function whatGoes(
  wiring: SessionWiring,
): { readonly classes: readonly Classification[]; readonly redact: readonly Classification[] } {
  const { gate, model, context } = wiring;
  const declared = gate.policy.decide(modelAction(model, context.declared()));
  const redact = new Set<Classification>(declared.obligations.redact);
  for (;;) {
    const left = context.detected().filter((name) => !redact.has(name));
    const classes = [...new Set([...context.declared(), ...left])];
    const obliged = gate.policy.decide(modelAction(model, classes)).obligations.redact;
    if (obliged.every((name) => redact.has(name))) return { classes, redact: [...redact] };
    for (const name of obliged) redact.add(name);
  }
}

async function maskFor(
  wiring: SessionWiring,
  text: string,
  rules: { readonly redact: readonly Classification[]; readonly redactions: Redaction[]; readonly used: Set<string> },
): Promise<string> {
  const { redactor } = wiring.gate;
  // Anew each time: a value may have become known since.
  const exact = redactor.mask(text);
  rules.redactions.push(...exact.redactions);
  if (rules.redact.length === 0 || text === "") return exact.text;
  const key = `${rules.redact.join()}\n${exact.text}`;
  rules.used.add(key);
  let masked = wiring.maskedTexts.get(key);
  if (masked === undefined) {
    masked = await redactor.maskDetected(exact.text, rules.redact);
    wiring.maskedTexts.set(key, masked);
  }
  rules.redactions.push(...masked.redactions);
  return masked.text;
}

// Shown with hold-back, so that a value cut into pieces stays masked.
function maskedStream(
  wiring: SessionWiring,
  emit: (text: string) => void,
): { push(delta: string): void; end(): void } {
  const mask = wiring.gate.redactor.stream();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  function show(bytes: Uint8Array, last: boolean): void {
    const text = decoder.decode(bytes, { stream: !last });
    if (text !== "") emit(text);
  }
  return {
    push: (delta) => show(mask.push(encoder.encode(delta)), false),
    end: () => show(mask.end(), true),
  };
}
