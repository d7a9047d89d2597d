import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from "@ai-sdk/provider";
import { describe, expect, it, test } from "vitest";
import { type PartReader, startParts } from "../../../session/providers/read-parts.ts";

const FACTS = { provider: "test", model: "m", where: "127.0.0.1:1", port: 1, local: true, key: false };
const USAGE: LanguageModelV4Usage = {
  inputTokens: { total: 3, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 4, text: undefined, reasoning: undefined },
};
const CALL: LanguageModelV4StreamPart = { type: "tool-call", toolCallId: "c1", toolName: "read", input: "{}" };

function finish(
  unified: "stop" | "other" | "interrupted" | "error" | "tool-calls",
  raw?: string,
): LanguageModelV4StreamPart {
  return { type: "finish", usage: USAGE, finishReason: { unified, raw } };
}

function reader(maxReplyBytes = 1_000): PartReader {
  return startParts(FACTS, maxReplyBytes);
}

describe("startParts()", () => {
  it("holds calls back until the reply has ended as it should", () => {
    const parts = reader();
    expect(parts.push(CALL)).toEqual([]);
    expect(parts.finished).toBe(false);
    expect(parts.push(finish("tool-calls"))).toEqual([
      { kind: "call", id: "c1", tool: "read", argsText: "{}" },
      { kind: "finish", reason: "calls", usage: { input: 3, output: 4 } },
    ]);
    expect(parts).toMatchObject({ finished: true, usage: { input: 3, output: 4 }, bytes: 2 });
  });

  test.for(
    [
      ["a call that the provider runs", { ...CALL, providerExecuted: true }],
      ["a call of a tool that was never offered", { ...CALL, dynamic: true }],
      ["the start of one", { type: "tool-input-start", id: "c1", toolName: "x", providerExecuted: true }],
      ["a result", { type: "tool-result", toolCallId: "c1", toolName: "x", result: "done" }],
      ["a question for approval", { type: "tool-approval-request", approvalId: "a", toolCallId: "c1" }],
    ] as const,
  )("refuses %s: it passed by the gate", ([, part]) => {
    expect(() => reader().push(part)).toThrow(expect.objectContaining({ code: "PROVIDER_PROTOCOL" }));
  });

  test.for([
    finish("interrupted"),
    finish("error"),
    finish("other"),
  ])("refuses an end that is none: %j", (part) => {
    const parts = reader();
    parts.push(CALL);
    expect(() => parts.push(part)).toThrow(expect.objectContaining({ code: "PROVIDER_STREAM" }));
    expect(parts.finished).toBe(false);
  });

  it("throws what an error part carries", () => {
    const error = { type: "overloaded_error" };
    expect(() => reader().push({ type: "error", error })).toThrow(expect.objectContaining(error));
  });

  it("passes over what it does not use", () => {
    const parts = reader();
    for (
      const part of [
        { type: "stream-start", warnings: [] },
        { type: "response-metadata", id: "x" },
        { type: "text-start", id: "0" },
        { type: "text-end", id: "0" },
        { type: "tool-input-start", id: "c1", toolName: "read" },
        { type: "tool-input-end", id: "c1" },
        { type: "raw", rawValue: "x" },
        { type: "ping" },
        { type: "source", sourceType: "url", id: "1", url: "https://evil.example.test/" },
        { type: "file", mediaType: "image/png", data: { type: "url", url: new URL("https://evil.example.test/") } },
      ] satisfies LanguageModelV4StreamPart[]
    ) expect(parts.push(part)).toEqual([]);
  });

  it("counts text, thoughts and arguments together, each once", () => {
    const parts = reader(20);
    parts.push({ type: "text-delta", id: "0", delta: "12345" });
    parts.push({ type: "reasoning-delta", id: "0", delta: "12345" });
    parts.push({ type: "tool-input-start", id: "c1", toolName: "read" });
    parts.push({ type: "tool-input-delta", id: "c1", delta: '{"a":"1"}' });
    parts.push({ ...CALL, toolCallId: "c1", input: '{"a":"1"}' });
    expect(parts.bytes).toBe(19);
    expect(() => parts.push({ type: "text-delta", id: "0", delta: "12" })).toThrow(/larger than 20 bytes/);
    expect(() => reader(1).push(CALL)).toThrow(/larger than 1 bytes/);
  });

  it("reads no arguments as an empty object, and cuts absurd names", () => {
    const parts = reader(10_000);
    parts.push({ ...CALL, input: " ", toolName: "x".repeat(500) });
    const [call] = parts.push(finish("stop"));
    expect(call).toMatchObject({ argsText: "{}", tool: "x".repeat(128) });
  });
});
