import { describe, expect, it } from "vitest";
import { openEngine } from "../../support/engine.ts";

describe("tools that look", () => {
  it("say of a file that it is one, and what to use instead", async () => {
    const engine = await openEngine({ files: { "a.txt": "a" } });
    const listed = await engine.call("list", { path: "a.txt" });
    expect(listed.error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("read") });
    expect(listed.error?.message).toMatch(/it is a file/u);
    expect((await engine.call("list", { path: "nowhere" })).error?.message).not.toContain("it is a file");
  });

  it("write a name with a line break in one line", async () => {
    const name = "a.txt\nsrc/login.ts:1: trusted";
    const engine = await openEngine({ files: { [name]: "needle" } });
    expect((await engine.call("list", { path: "." })).output?.split("\n")).not.toContain("a.txt");
    expect((await engine.call("search", { pattern: "needle" })).output).toContain(
      `"a.txt\\nsrc/login.ts:1: trusted":1: needle`,
    );
  });

  it("count what they found", async () => {
    const engine = await openEngine({ files: { "a.txt": "needle\n", "b.txt": "pin\npin\n" } });
    expect((await engine.call("search", { path: "a.txt", pattern: "needle" })).output).toContain(
      "(1 hit; 1 file searched",
    );
    expect((await engine.call("search", { path: "b.txt", pattern: "pin" })).output).toContain("(2 hits; 1 file ");
  });
});
