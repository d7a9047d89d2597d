import { describe, expect, it } from "vitest";
import { createDynamicTools } from "../../../session/skills/dynamic-tools.ts";
import { BUILTIN_TOOLS, type ToolEntry } from "../../../session/tools/registry.ts";

function entry(name: string, readOnly = false): ToolEntry {
  return { name, trust: "tool", readOnly, load: () => Promise.reject(new Error("never loaded here")) };
}

describe("createDynamicTools()", () => {
  it("shows what was offered only from the next round on", () => {
    const dynamic = createDynamicTools(BUILTIN_TOOLS);
    dynamic.offer(entry("extra"));
    expect(dynamic.tools.has("extra")).toBe(false);
    expect(dynamic.nextRound()).toEqual(["extra"]);
    expect(dynamic.tools.has("extra")).toBe(true);
    expect(dynamic.nextRound()).toEqual([]);
    dynamic.withdraw("extra");
    expect(dynamic.tools.has("extra")).toBe(true);
    dynamic.nextRound();
    expect(dynamic.tools.has("extra")).toBe(false);
  });

  it("never lets a built-in tool be replaced or taken away", () => {
    const dynamic = createDynamicTools(BUILTIN_TOOLS);
    expect(() => dynamic.offer(entry("read"))).toThrow(expect.objectContaining({ code: "SHADOW" }));
    dynamic.withdraw("read");
    dynamic.nextRound();
    expect(dynamic.tools.get("read")).toBe(BUILTIN_TOOLS.get("read"));
  });

  it("keeps out what writes where a session only reads", () => {
    const dynamic = createDynamicTools(BUILTIN_TOOLS, true);
    dynamic.offer(entry("writer"));
    dynamic.offer(entry("reader", true));
    expect(dynamic.nextRound()).toEqual(["reader"]);
  });

  it("narrows by every ceiling, and widens when they end", () => {
    const dynamic = createDynamicTools(BUILTIN_TOOLS);
    dynamic.limitTo(new Set(["read", "list"]));
    dynamic.limitTo(new Set(["read", "shell"]));
    expect(dynamic.tools.has("shell")).toBe(true);
    dynamic.nextRound();
    expect([...dynamic.tools.keys()]).toEqual(["read"]);
    dynamic.limitTo(null);
    dynamic.nextRound();
    expect([...dynamic.tools.keys()]).toEqual([...BUILTIN_TOOLS.keys()]);
  });
});
