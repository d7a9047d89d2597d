import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import { type ProviderFacts, ProviderFailure } from "./provider-failure.ts";
import type { FinishReason, ModelPart, ModelUsage } from "./model.ts";

/** Turns the parts of one stream into ours, and keeps its rules. */
export interface PartReader {
  /**
   * Takes one part.
   *
   * @returns What may be passed on now.
   * @throws Whatever an `error` part carried, or {@link ProviderFailure}.
   */
  push(part: LanguageModelV4StreamPart): readonly ModelPart[];
  /** `true` once the reply has ended as it should. */
  readonly finished: boolean;
  readonly usage: ModelUsage;
  /** Bytes of text, thoughts and arguments so far. */
  readonly bytes: number;
}

const MAX_TOOL_NAME = 128;
const SAFE_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** The most tokens that are believed. */
const MAX_TOKENS = 1_000_000_000;

type CallPart = Extract<ModelPart, { kind: "call" }>;

/**
 * Starts reading a stream.
 *
 * @param facts Whom failures are about.
 * @param maxReplyBytes Bound of the whole reply.
 * @returns The reader.
 */
export function startParts(facts: ProviderFacts, maxReplyBytes: number): PartReader {
  const texts = { text: startText(), thought: startText() };
  const calls: CallPart[] = [];
  const ids = new Set<string>();
  const streamed = new Set<string>();
  let bytes = 0;
  let finished = false;
  let usage: ModelUsage = { input: null, output: null };

  function count(text: string): void {
    bytes += Buffer.byteLength(text);
    // Threat: a reply without an end fills the memory.
    if (bytes > maxReplyBytes) {
      throw new ProviderFailure(
        "PROVIDER_STREAM",
        `Cannot read the reply of "${facts.provider}": it is larger than ${maxReplyBytes} bytes`,
      );
    }
  }
  function delta(kind: "text" | "thought", given: string): readonly ModelPart[] {
    count(given);
    const ready = texts[kind].push(given);
    return ready === "" ? [] : [{ kind, delta: ready }];
  }
  function call(part: Extract<LanguageModelV4StreamPart, { type: "tool-call" }>): readonly ModelPart[] {
    if (part.providerExecuted === true || part.dynamic === true) throw foreignTool(facts);
    // Arguments that streamed in were counted then.
    if (!streamed.has(part.toolCallId)) count(part.input);
    const tool = part.toolName.slice(0, MAX_TOOL_NAME).toWellFormed();
    calls.push({ kind: "call", id: safeId(part.toolCallId, ids), tool, argsText: argumentsOf(part.input) });
    return [];
  }
  function finish(part: Extract<LanguageModelV4StreamPart, { type: "finish" }>): readonly ModelPart[] {
    usage = tokensOf(part.usage);
    const reason = reasonOf(part.finishReason, calls.length > 0);
    if (reason === null) {
      throw new ProviderFailure(
        "PROVIDER_STREAM",
        `Cannot read the reply of "${facts.provider}": it broke off in the middle`,
      );
    }
    finished = true;
    const rest: ModelPart[] = [];
    for (const kind of ["thought", "text"] as const) {
      const last = texts[kind].end();
      if (last !== "") rest.push({ kind, delta: last });
    }
    return [...rest, ...calls, { kind: "finish", reason, usage }];
  }

  return {
    get finished() {
      return finished;
    },
    get usage() {
      return usage;
    },
    get bytes() {
      return bytes;
    },
    push(part) {
      switch (part.type) {
        case "text-delta":
          return delta("text", part.delta);
        case "reasoning-delta":
          return delta("thought", part.delta);
        case "tool-input-start":
          if (part.providerExecuted === true || part.dynamic === true) throw foreignTool(facts);
          streamed.add(part.id);
          return [];
        case "tool-input-delta":
          count(part.delta);
          return [];
        case "tool-call":
          return call(part);
        // Threat: results and approvals exist only for tools that the provider runs, past the gate.
        case "tool-result":
        case "tool-approval-request":
          throw foreignTool(facts);
        case "error":
          throw part.error;
        case "finish":
          return finish(part);
        default:
          return [];
      }
    },
  };
}

function foreignTool(facts: ProviderFacts): ProviderFailure {
  return new ProviderFailure(
    "PROVIDER_PROTOCOL",
    `Cannot use "${facts.provider}": it ran a tool by itself, which no policy had decided`,
    { hint: "switch off server-side tools of this model, or choose another" },
  );
}

/** Gives calls ids that every server takes back: theirs where plain and new, else ours. */
function safeId(given: string, taken: Set<string>): string {
  let id = SAFE_ID.test(given) ? given : "call_0";
  for (let number = taken.size; taken.has(id) || !SAFE_ID.test(id); number++) id = `call_${number}`;
  taken.add(id);
  return id;
}

function argumentsOf(input: string): string {
  // Some servers send nothing for a tool without arguments.
  return input.trim() === "" ? "{}" : input;
}

function reasonOf(given: LanguageModelV4FinishReason, calls: boolean): FinishReason | null {
  switch (given.unified) {
    case "stop":
    case "tool-calls":
      return calls ? "calls" : "stop";
    case "other":
      // Without any reason the stream was cut where a block had just ended.
      return given.raw === undefined ? null : calls ? "calls" : "stop";
    case "length":
      return "length";
    case "content-filter":
      return "refused";
    case "error":
    case "interrupted":
      return null;
    default:
      return given.unified satisfies never;
  }
}

function tokensOf(usage: LanguageModelV4Usage): ModelUsage {
  return { input: plainCount(usage.inputTokens.total), output: plainCount(usage.outputTokens.total) };
}

function plainCount(tokens: number | undefined): number | null {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0 && tokens <= MAX_TOKENS ? tokens : null;
}

/** Joins the halves of a character that a server split over two deltas; lone ones become U+FFFD. */
function startText(): { push(delta: string): string; end(): string } {
  let held = "";
  return {
    push(delta) {
      const text = held + delta;
      const last = text.charCodeAt(text.length - 1);
      const split = last >= 0xd800 && last <= 0xdbff;
      held = split ? text.slice(-1) : "";
      return (split ? text.slice(0, -1) : text).toWellFormed();
    },
    end: () => held.toWellFormed(),
  };
}
