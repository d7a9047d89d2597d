import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";

/** A whole reply of a model that lives in this process. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly { readonly tool: string; readonly args: unknown }[];
}

/** Nothing is counted: nothing was sent. */
const NO_TOKENS: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

/**
 * Makes a language model (AI SDK specification `v4`) of a function that gives whole replies.
 *
 * @param names Provider and model id.
 * @param reply Gives the reply to a conversation; may throw coded errors.
 * @returns The model.
 */
export function turnModel(
  names: { readonly provider: string; readonly modelId: string },
  reply: (prompt: LanguageModelV4Prompt) => Turn,
): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    ...names,
    supportedUrls: {},
    // oxlint-disable-next-line typescript/require-await -- a throw must become a rejection
    async doGenerate({ prompt }: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
      const turn = reply(prompt);
      return {
        content: [
          ...(turn.text === "" ? [] : [{ type: "text" as const, text: turn.text }]),
          ...turn.calls.map((call, index) => ({ type: "tool-call" as const, ...callFields(call, index) })),
        ],
        finishReason: finishOf(turn),
        usage: NO_TOKENS,
        warnings: [],
      };
    },
    // oxlint-disable-next-line typescript/require-await -- a throw must become a rejection
    async doStream({ prompt }: LanguageModelV4CallOptions) {
      return { stream: ReadableStream.from(partsOf(reply(prompt))) };
    },
  };
}

function partsOf(turn: Turn): LanguageModelV4StreamPart[] {
  const parts: LanguageModelV4StreamPart[] = [{ type: "stream-start", warnings: [] }];
  if (turn.text !== "") {
    parts.push({ type: "text-start", id: "0" }, { type: "text-delta", id: "0", delta: turn.text }, {
      type: "text-end",
      id: "0",
    });
  }
  for (const [index, call] of turn.calls.entries()) parts.push({ type: "tool-call", ...callFields(call, index) });
  parts.push({ type: "finish", usage: NO_TOKENS, finishReason: finishOf(turn) });
  return parts;
}

function callFields(
  call: Turn["calls"][number],
  index: number,
): { toolCallId: string; toolName: string; input: string } {
  return { toolCallId: `c${index}`, toolName: call.tool, input: JSON.stringify(call.args) };
}

function finishOf(turn: Turn): LanguageModelV4GenerateResult["finishReason"] {
  return { unified: turn.calls.length > 0 ? "tool-calls" : "stop", raw: undefined };
}

/**
 * Returns the text of the last tool result of a conversation, without its envelope.
 *
 * @param prompt The conversation.
 * @returns The text, or `null` when no tool has answered yet.
 */
export function lastResult(prompt: LanguageModelV4Prompt): string | null {
  for (const message of prompt.toReversed()) {
    if (message.role !== "tool") continue;
    for (const part of message.content.toReversed()) {
      if (part.type === "tool-result") return plainOf(part.providerOptions, part.output);
    }
  }
  return null;
}

/**
 * Reads the text of one tool result as {@link toPrompt} wrote it.
 *
 * @param options Provider options of the part; `agentzero.plain` is the text without envelope.
 * @param output The output as a model would get it.
 * @returns The text.
 */
export function plainOf(
  options: { readonly [provider: string]: { readonly [key: string]: unknown } } | undefined,
  output: { readonly type: string; readonly value?: unknown; readonly reason?: string },
): string {
  const plain = options?.["agentzero"]?.["plain"];
  if (typeof plain === "string") return plain;
  return typeof output.value === "string" ? output.value : output.reason ?? "";
}
