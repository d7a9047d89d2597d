import type { LanguageModelV4FunctionTool, LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { Locality, ModelMessage, ModelResult, ModelTool } from "./model.ts";

type ToolResult = Extract<LanguageModelV4Message, { role: "tool" }>["content"][number];

/**
 * Writes a conversation the way the AI SDK's specification wants it.
 *
 * @param messages Masked and wrapped messages.
 * @param locality Models in this process also get results without their envelope.
 * @returns The prompt; empty messages, which servers refuse, are left out.
 */
export function toPrompt(messages: readonly ModelMessage[], locality: Locality): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  for (const message of messages) {
    const written = toMessage(message, locality);
    if (written !== null) prompt.push(written);
  }
  return prompt;
}

function toMessage(message: ModelMessage, locality: Locality): LanguageModelV4Message | null {
  switch (message.role) {
    case "system":
      return message.text === "" ? null : { role: "system", content: message.text };
    case "user": {
      const content = message.texts.filter((text) => text !== "").map((text) => ({ type: "text" as const, text }));
      return content.length === 0 ? null : { role: "user", content };
    }
    case "assistant": {
      const content = [
        ...(message.text === "" ? [] : [{ type: "text" as const, text: message.text }]),
        ...message.calls.map(({ id, tool, args }) => ({
          type: "tool-call" as const,
          toolCallId: id,
          toolName: tool,
          input: typeof args === "object" && args !== null && !Array.isArray(args) ? args : {},
        })),
      ];
      return content.length === 0 ? null : { role: "assistant", content };
    }
    case "tool":
      return message.results.length === 0
        ? null
        : { role: "tool", content: message.results.map((result) => toResult(result, locality)) };
    default:
      return message satisfies never;
  }
}

function toResult(result: ModelResult, locality: Locality): ToolResult {
  return {
    type: "tool-result",
    toolCallId: result.id,
    toolName: result.tool,
    output: outputOf(result),
    // Never to a server: the envelope is what tells its model where data ends.
    ...(locality === "builtin" ? { providerOptions: { agentzero: { plain: result.plain } } } : {}),
  };
}

function outputOf(result: ModelResult): Extract<ToolResult, { type: "tool-result" }>["output"] {
  switch (result.status) {
    case "ok":
      return { type: "text", value: result.text };
    case "error":
      return { type: "error-text", value: result.text };
    case "denied":
      return { type: "execution-denied", reason: result.text };
    default:
      return result.status satisfies never;
  }
}

/**
 * Writes tools the way the AI SDK's specification wants them: functions that we run. Tools that a provider runs by
 * itself would pass by the gate, so they are never offered.
 *
 * @param tools Tools on offer.
 * @returns Function tools.
 */
export function toFunctionTools(tools: readonly ModelTool[]): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, inputSchema }) => ({
    type: "function",
    name,
    description,
    inputSchema: { ...inputSchema },
  }));
}
