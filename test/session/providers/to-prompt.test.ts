import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../../../session/providers/model.ts";
import { toFunctionTools, toPrompt } from "../../../session/providers/to-prompt.ts";

const RESULT = { id: "c1", tool: "read", text: "<<wrapped>>", plain: "plain" } as const;

function results(status: "ok" | "error" | "denied"): ModelMessage {
  return { role: "tool", results: [{ ...RESULT, status }] };
}

describe("toPrompt()", () => {
  it("gives results without their envelope to models in this process only", () => {
    const [inside] = toPrompt([results("ok")], "builtin");
    expect(JSON.stringify(inside)).toContain('"plain"');
    for (const locality of ["local", "remote"] as const) {
      expect(JSON.stringify(toPrompt([results("ok")], locality))).not.toContain("plain");
    }
  });

  it("tells results, failures and denials apart", () => {
    const outputs = (["ok", "error", "denied"] as const).map((status) => {
      const [message] = toPrompt([results(status)], "remote");
      const [part] = message?.role === "tool" ? message.content : [];
      return part?.type === "tool-result" ? part.output : null;
    });
    expect(outputs).toEqual([
      { type: "text", value: "<<wrapped>>" },
      { type: "error-text", value: "<<wrapped>>" },
      { type: "execution-denied", reason: "<<wrapped>>" },
    ]);
  });

  it("leaves out what is empty, and sends arguments that are no object as one", () => {
    const messages: readonly ModelMessage[] = [
      { role: "system", text: "" },
      { role: "user", texts: ["", ""] },
      { role: "user", texts: ["a", "", "b"] },
      { role: "assistant", text: "", calls: [] },
      {
        role: "assistant",
        text: "",
        calls: [{ id: "c1", tool: "x", args: "{broken" }, { id: "c2", tool: "x", args: [1] }],
      },
      { role: "tool", results: [] },
    ];
    expect(toPrompt(messages, "remote")).toEqual([
      { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
      {
        role: "assistant",
        content: [
          { type: "tool-call", toolCallId: "c1", toolName: "x", input: {} },
          { type: "tool-call", toolCallId: "c2", toolName: "x", input: {} },
        ],
      },
    ]);
  });
});

describe("toFunctionTools()", () => {
  it("offers functions that we run, and nothing else", () => {
    expect(toFunctionTools([{ name: "read", description: "Reads.", inputSchema: { type: "object" } }])).toEqual([
      { type: "function", name: "read", description: "Reads.", inputSchema: { type: "object" } },
    ]);
  });
});
