import { describe, expect, it } from "vitest";
import { openEngine } from "../../support/engine.ts";

describe("limits of the configuration", () => {
  const files = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [`f${n}.txt`, `needle ${n}\n${"x".repeat(2000)}\n`]),
  );

  it("hold for every tool", async () => {
    const limits = { read: "1KiB", write: "1KiB", list: 3, search: 2, timeout: "5s", output: "1KiB" };
    const engine = await openEngine({ files, person: "yes", config: { limits } });
    expect(await engine.call("read", { path: "f1.txt" })).toMatchObject({ ok: true, truncated: true });
    expect(await engine.call("list", {})).toMatchObject({ ok: true, truncated: true });
    const found = await engine.call("search", { pattern: "needle", max: 100 });
    expect(found.output).toContain("(2 hits");
    const written = await engine.call("write", { path: "a", content: "x".repeat(1025) });
    expect(written).toMatchObject({
      ok: false,
      error: { code: "LIMIT_SIZE", hint: expect.stringContaining("limits.write") },
    });
    expect(await engine.call("shell", { command: "sleep 60", timeout_ms: 30_000 })).toMatchObject({
      ok: false,
      exit: null,
      error: { code: "LIMIT_TIME" },
    });
    expect(await engine.call("shell", { command: "seq 10000" })).toMatchObject({ ok: true, truncated: true });
  });

  it("leave a call what it asks for up to the bound when nobody configured anything", async () => {
    const engine = await openEngine({ files });
    expect((await engine.call("search", { pattern: "needle", max: 4 })).output).toContain("(4 hits");
    expect(await engine.call("shell", { command: "sleep 60", timeout_ms: 200 })).toMatchObject({
      error: { code: "LIMIT_TIME" },
    });
  });
});
