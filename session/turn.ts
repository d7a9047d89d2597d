import { type CallId, type Classification, labelOf, type Redaction } from "../core/mod.ts";
import type { LabelledResult } from "./call.ts";
import { type AnsweredCall, toMessages } from "./context.ts";
import { SessionError } from "./errors.ts";
import { runCall } from "./gate.ts";
import { gateModel, modelAction } from "./model-call.ts";
import { fromModel } from "./provenance.ts";
import type { ModelPart, ModelRequest, ModelUsage } from "./providers/model.ts";
import { streamModel } from "./providers/stream-model.ts";
import type { PromptState } from "./prompt-state.ts";
import type { SessionWiring } from "./session.ts";

/** A reply of the model, before its calls were made. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly Extract<ModelPart, { kind: "call" }>[];
  readonly reason: "stop" | "calls" | "length" | "refused";
  readonly usage: ModelUsage;
}

/**
 * Asks the model once: the context is masked as policy obliges, sent through the gate, and the reply streamed out.
 *
 * @param wiring The session.
 * @param state The prompt under way.
 * @returns The whole reply.
 * @throws {SessionError} `MODEL_DENIED`, `PROVIDER_*`, `CANCELLED`, `AUDIT_UNWRITABLE`.
 */
export async function askModel(wiring: SessionWiring, state: PromptState): Promise<Reply> {
  const { gate, context, model } = wiring;
  const provenance = fromModel(context.label(), wiring.quotes);
  const redactions: Redaction[] = [];
  const redact = obligedClasses(wiring);
  const messages = await toMessages(context, wiring.envelope, (text) => maskFor(wiring, text, { redact, redactions }));
  const tools = await Promise.all([...gate.tools.values()].map((entry) => entry.load()));
  const request: ModelRequest = {
    messages: [{ role: "system", text: wiring.systemPrompt }, ...messages],
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    maxOutputTokens: null,
  };
  const left = context.detected().filter((name) => !redact.includes(name));
  const io = gateModel(gate, model, {
    turn: state.turns,
    provenance,
    classes: [...new Set([...context.declared(), ...left])],
    redactions,
    bytes: messages.reduce((sum, message) => sum + JSON.stringify(message).length, 0),
    signal: state.signal,
  });
  const shown = textStream(wiring);
  let text = "";
  const calls: Extract<ModelPart, { kind: "call" }>[] = [];
  for await (const part of streamModel(model, request, { ...wiring.modelPorts, ...io })) {
    switch (part.kind) {
      case "text":
        text += part.delta;
        shown.push(part.delta);
        break;
      case "thought":
        gate.emit({ type: "thought", text: gate.redactor.mask(part.delta).text });
        break;
      case "call":
        calls.push(part);
        break;
      case "finish":
        shown.end();
        return { text: gate.redactor.mask(text).text, calls, reason: part.reason, usage: part.usage };
      default:
        part satisfies never;
    }
  }
  throw new SessionError("PROVIDER_STREAM", "Cannot read the reply: it ended too early");
}

// What the rules for this model oblige us to mask; asked beforehand, since the request must be masked before it is digested.
function obligedClasses(wiring: SessionWiring): readonly Classification[] {
  const { gate, model, context } = wiring;
  return gate.policy.decide(modelAction(model, context.declared())).obligations.redact;
}

async function maskFor(
  wiring: SessionWiring,
  text: string,
  rules: { readonly redact: readonly Classification[]; readonly redactions: Redaction[] },
): Promise<string> {
  const { redactor } = wiring.gate;
  if (rules.redact.length === 0 || text === "") return redactor.mask(text).text;
  const key = `${rules.redact.join()}\n${text}`;
  let masked = wiring.maskedTexts.get(key);
  if (masked === undefined) {
    masked = await redactor.maskDetected(text, rules.redact);
    wiring.maskedTexts.set(key, masked);
  }
  rules.redactions.push(...masked.redactions);
  return masked.text;
}

// Text is shown while it streams, with hold-back, so that a value cut into pieces stays masked.
function textStream(wiring: SessionWiring): { push(delta: string): void; end(): void } {
  const { gate } = wiring;
  const mask = gate.redactor.stream();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  function show(bytes: Uint8Array, last: boolean): void {
    const text = decoder.decode(bytes, { stream: !last });
    if (text !== "") gate.emit({ type: "text", text, trust: "model" });
  }
  return {
    push: (delta) => show(mask.push(encoder.encode(delta)), false),
    end: () => show(mask.end(), true),
  };
}

/**
 * Takes the calls of a reply through the gate, in order; neighbours that only read run together.
 *
 * @param wiring The session.
 * @param state The prompt under way.
 * @param reply A reply with calls.
 * @returns What became of each, in call order.
 */
export async function makeCalls(
  wiring: SessionWiring,
  state: PromptState,
  reply: Reply,
): Promise<readonly AnsweredCall[]> {
  const answered: AnsweredCall[] = [];
  const { gate, limits } = wiring;
  const prepared = reply.calls.map((part) => ({ part, call: gate.ids.next("call"), args: parseArgs(part.argsText) }));
  if (prepared.length > 1) {
    gate.emit({
      type: "plan",
      entries: prepared.map(({ part, call }) => ({ call, title: gate.redactor.mask(part.tool).text })),
    });
  }
  for (let next = 0; next < prepared.length;) {
    const batch = readingBatch(wiring, prepared.slice(next));
    // oxlint-disable-next-line no-await-in-loop -- calls run in order; only reading neighbours run together
    const done = await Promise.all(
      batch.map(({ part, call, args }, index) =>
        makeCall(wiring, state, { part, call, args, over: next + index >= limits.calls })
      ),
    );
    answered.push(...done);
    next += batch.length;
  }
  return answered;
}

interface PreparedCall {
  readonly part: Extract<ModelPart, { kind: "call" }>;
  readonly call: CallId;
  readonly args: unknown;
}

const MAX_TOGETHER = 4;

function readingBatch(wiring: SessionWiring, rest: readonly PreparedCall[]): readonly PreparedCall[] {
  const batch: PreparedCall[] = [];
  for (const entry of rest) {
    const reads = wiring.gate.tools.get(entry.part.tool)?.readOnly === true;
    if (!reads || batch.length === MAX_TOGETHER) break;
    batch.push(entry);
  }
  return batch.length > 0 ? batch : rest.slice(0, 1);
}

async function makeCall(
  wiring: SessionWiring,
  state: PromptState,
  entry: PreparedCall & { readonly over: boolean },
): Promise<AnsweredCall> {
  const { part, call, args } = entry;
  const shown = typeof args === "symbol" ? part.argsText : args;
  if (entry.over) return told(entry, `Not run: a reply may make at most ${wiring.limits.calls} calls.`);
  if (state.signal.aborted) return told(entry, "Not run: the person interrupted.");
  if (state.repeats.isRepeated(part.tool, shown)) {
    state.repeated ||= state.repeats.note(part.tool, shown, "not run");
    return told(entry, "Not run: the same call gave the same result several times. Do something else.");
  }
  const labelled = await runCall(wiring.gate, {
    call,
    tool: part.tool,
    args: typeof args === "symbol" ? part.argsText : args,
    provenance: fromModel(wiring.context.label(), wiring.quotes),
    turn: state.turns,
    signal: state.signal,
    maxOutputBytes: wiring.limits.outputBytes,
  });
  state.count(labelled.result);
  const outcome = `${labelled.result.ok}\n${labelled.result.output ?? labelled.result.error?.code ?? ""}`;
  state.repeated ||= state.repeats.note(part.tool, shown, outcome);
  return {
    call,
    id: part.id,
    tool: part.tool,
    args: shown,
    status: statusOf(labelled),
    result: { text: textFor(labelled), label: labelled.label, detected: labelled.detected },
  };
}

function told(entry: PreparedCall, text: string): AnsweredCall {
  return {
    call: entry.call,
    id: entry.part.id,
    tool: entry.part.tool,
    args: typeof entry.args === "symbol" ? entry.part.argsText : entry.args,
    status: "denied",
    result: { text, label: labelOf("core"), detected: [] },
  };
}

function statusOf({ result }: LabelledResult): "ok" | "error" | "denied" {
  if (result.ok) return "ok";
  return result.output === null && result.audit.result === null ? "denied" : "error";
}

// What the model reads: the output, what became of changes, and for a refusal the rule and one sentence.
function textFor({ result }: LabelledResult): string {
  const parts: string[] = [];
  if (result.output !== null && result.output !== "") parts.push(result.output);
  if (result.exit !== undefined && result.exit !== 0) parts.push(`(exit ${result.exit ?? "by signal"})`);
  for (const change of result.changes ?? []) {
    parts.push(
      `(${change.kind} ${change.path}: ${
        change.kept ? "kept" : `not kept, ${change.decision}${change.rule === null ? "" : ` by rule "${change.rule}"`}`
      })`,
    );
  }
  if (result.error !== null && result.error.code !== "COMMAND_FAILED") {
    parts.push(result.error.message);
    if (result.decision === "deny") parts.push(`Reason: ${result.reason}`);
  }
  return parts.join("\n");
}

const UNPARSED: unique symbol = Symbol("unparsed");

// Arguments are parsed once; what is not JSON goes on as text, which no schema accepts.
function parseArgs(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return UNPARSED;
  }
}
