import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../support/engine.ts";

describe("edit", () => {
  it("replaces as it stands, one place or all", async () => {
    const engine = await openEngine({ files: { "a.txt": "one $& one\n" }, person: "yes" });
    expect(await engine.call("edit", { path: "a.txt", old: "one", new: "two" })).toMatchObject({
      ok: false,
      error: { code: "TOOL_ERROR" },
    });
    expect(await engine.call("edit", { path: "a.txt", old: "one", new: "$&$1", all: true })).toMatchObject({
      ok: true,
    });
    expect(readFileSync(join(engine.project, "a.txt"), "utf8")).toBe("$&$1 $& $&$1\n");
  });

  it.for(
    [
      ["a file that is not there", "none.txt", "NOT_FOUND"],
      ["a folder", "src", "NOT_REGULAR"],
      ["what would not fit into memory", "many.txt", "LIMIT_SIZE"],
    ] as const,
  )("refuses %s", async ([, path, code]) => {
    const engine = await openEngine({ files: { "many.txt": "a".repeat(1_000_000) }, person: "yes" });
    mkdirSync(join(engine.project, "src"), { recursive: true });
    const asked = { path, old: "a", new: "x".repeat(100_000), all: true };
    expect(await engine.call("edit", asked)).toMatchObject({ ok: false, output: null, error: { code } });
    expect(engine.questions).toEqual([]);
  });

  it("and write says of a folder what read says of it", async () => {
    const engine = await openEngine({ person: "yes" });
    mkdirSync(join(engine.project, "src"), { recursive: true });
    for (const [tool, args] of [["write", { path: "src", content: "x" }], ["read", { path: "src" }]] as const) {
      expect(await engine.call(tool, args)).toMatchObject({ ok: false, error: { code: "NOT_REGULAR" } });
    }
  });
});
