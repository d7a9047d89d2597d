import { describe, expect, it } from "vitest";
import { showResultOnce } from "../../../cli/output/result-once.ts";
import type { SessionEvent } from "../../../session/mod.ts";

function screen() {
  const shown: string[] = [];
  const output = { text: (text: string) => void shown.push(`output ${text}`) };
  const take = showResultOnce({
    output,
    take: (event) => void shown.push(event.type),
  });
  return { shown, take: (event: object) => take(event as SessionEvent) };
}

describe("showResultOnce()", () => {
  it("shows the output and what became of it, and not the reply that says it again", () => {
    const { shown, take } = screen();
    take({ type: "tool_call" });
    take({ type: "tool_result", output: "hi", error: null });
    take({ type: "text", text: "hi" });
    take({ type: "result" });
    expect(shown).toEqual(["tool_call", "tool_result", "output hi", "result"]);
  });

  it("shows the output as well when no reply follows", () => {
    const { shown, take } = screen();
    take({ type: "tool_result", output: "hi", error: null });
    take({ type: "result" });
    expect(shown).toEqual(["tool_result", "output hi", "result"]);
  });

  it("shows a failure once", () => {
    const { shown, take } = screen();
    take({ type: "tool_result", output: null, error: { code: "NOT_FOUND", message: "m", hint: null } });
    take({ type: "text", text: "m" });
    expect(shown).toEqual(["tool_result"]);
  });

  it("shows a reply without a call: what the built-in shell is and understands", () => {
    const { shown, take } = screen();
    take({ type: "text", text: "This is the built-in shell" });
    expect(shown).toEqual(["text"]);
  });
});
