import { linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHostFiles, type SearchSpec } from "../../../sandbox/mod.ts";
import { codeOf, makeFifo, type Rig, rig, valueOf } from "../rig.ts";

function searchSpec(target: string, pattern: string, more: Partial<SearchSpec> = {}): SearchSpec {
  return { op: "search", target, pattern, literal: false, maxHits: 100, skip: [], ...more };
}

async function hits(r: Rig, spec: SearchSpec): Promise<readonly string[]> {
  const value = valueOf(await r.run(createHostFiles(r.deps), spec));
  return value.op === "search" ? value.hits.map((hit) => `${hit.path}:${hit.line}:${hit.text}`) : [];
}

describe("searchFiles()", () => {
  it("finds lines by expression and by text, in the order of the walk", async () => {
    const r = rig();
    r.put("b.ts", "const a = 1;\r\nlet b = 2;\n");
    r.put("a/x.ts", "// nothing\nlet a.b = 3;\n");
    expect(await hits(r, searchSpec(r.project, "^let \\w"))).toEqual(["b.ts:2:let b = 2;", "a/x.ts:2:let a.b = 3;"]);
    expect(await hits(r, searchSpec(r.project, "a.b", { literal: true }))).toEqual(["a/x.ts:2:let a.b = 3;"]);
    expect(await hits(r, searchSpec(join(r.project, "b.ts"), "let"))).toEqual(["b.ts:2:let b = 2;"]);
  });

  it("takes expressions that are only valid without the unicode flag", async () => {
    const r = rig();
    r.put("a", "x-y\n");
    expect(await hits(r, searchSpec(r.project, "x\\-y"))).toEqual(["a:1:x-y"]);
  });

  it("leaves out .git, .agentzero, skipped names, binary files, FIFOs and links", async () => {
    const r = rig();
    for (const path of [".git/a", ".agentzero/a", "node_modules/a", "ok"]) r.put(path, "needle\n");
    r.put("bin", "needle\0\n");
    makeFifo(join(r.project, "fifo"));
    symlinkSync("ok", join(r.project, "link"));
    const spec = searchSpec(r.project, "needle", { skip: ["node_modules"] });
    const value = valueOf(await r.run(createHostFiles(r.deps), spec));
    expect(value).toMatchObject({ hits: [{ path: "ok", line: 1 }], skipped: 1, files: 1 });
  });

  it("opens only what is admitted and counts the rest", async () => {
    const r = rig();
    r.put("open/a", "needle");
    r.put("closed/a", "needle");
    r.put(".env", "needle");
    const spec = searchSpec(r.project, "needle", { literal: true });
    expect(valueOf(await r.run(createHostFiles(r.deps), spec, { admit: (path) => !/\/(?:closed|\.env)$/.test(path) })))
      .toMatchObject({
        hits: [{ path: "open/a" }],
        omitted: 2,
      });
  });

  it("does not find a denied file under another name", async () => {
    const r = rig();
    const secret = r.put(".env", "needle");
    linkSync(secret, join(r.project, "copy"));
    const spec = searchSpec(r.project, "needle");
    expect(
      valueOf(await r.run(createHostFiles(r.deps), spec, { admit: (path) => path !== secret, masked: () => [secret] })),
    ).toMatchObject({
      hits: [],
    });
  });

  it("stops at the number of hits and says so", async () => {
    const r = rig();
    r.put("a", "x\n".repeat(1000));
    for (const literal of [true, false]) {
      const value = valueOf(await r.run(createHostFiles(r.deps), searchSpec(r.project, "x", { literal, maxHits: 7 })));
      expect(value.op === "search" && [value.hits.length, value.truncated]).toEqual([7, true]);
    }
  });

  it("shows at most 4 KiB of a line", async () => {
    const r = rig();
    r.put("a", `${"x".repeat(100_000)}needle${"y".repeat(100_000)}\n`);
    const [hit] = await hits(r, searchSpec(r.project, "needle", { literal: true }));
    expect(hit?.includes("needle")).toBe(true);
    expect(hit?.length).toBeLessThan(5000);
  });

  it.each([["(", "an unbalanced one"], ["", "an empty one"], ["a".repeat(2000), "a long one"]])(
    "refuses a bad expression: %#",
    async (pattern) => {
      const r = rig();
      expect(codeOf(await r.run(createHostFiles(r.deps), searchSpec(r.project, pattern)))).toBe("PATTERN_INVALID");
    },
  );

  it("ends an expression that backtracks for ever, and answers meanwhile", async () => {
    const r = rig();
    r.put("a", `${"a".repeat(60)}!\n`);
    // The deadline runs on this clock: ten seconds pass in one.
    const clock = { now: () => r.deps.clock.now(), mono: () => r.deps.clock.mono() };
    const timers = { after: (ms: number, run: () => void) => r.deps.timers.after(ms / 10, run) };
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 20);
    const outcome = await r.run(createHostFiles({ ...r.deps, clock, timers }), searchSpec(r.project, "^(a+)+$"));
    clearInterval(ticking);
    expect(codeOf(outcome)).toBe("LIMIT_TIME");
    // One is what a thread gets that was blocked all the time.
    expect(ticks).toBeGreaterThan(2);
  });
});
