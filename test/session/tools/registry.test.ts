import { describe, expect, it } from "vitest";
import { BUILTIN_TOOLS } from "../../../session/tools/registry.ts";

describe("BUILTIN_TOOLS", () => {
  it("says of every tool what the tool says of itself", async () => {
    for (const [name, entry] of BUILTIN_TOOLS) {
      const tool = await entry.load();
      expect({ name, trust: entry.trust, readOnly: entry.readOnly }).toEqual({
        name: tool.name,
        trust: tool.trust,
        readOnly: tool.readOnly,
      });
      expect(tool.inputSchema["type"]).toBe("object");
    }
  });
  it("names the tools in the order of the reference", () => {
    expect([...BUILTIN_TOOLS.keys()]).toEqual(["read", "list", "search", "write", "edit", "shell", "fetch"]);
  });
});
