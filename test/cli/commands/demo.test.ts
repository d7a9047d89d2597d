import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeCalls } from "../../../cli/commands/demo/promises.ts";
import type { CallResult } from "../../../session/mod.ts";
import { runHere } from "../../support/command-line.ts";
import { runAgentzero } from "../../support/run-agentzero.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("agentzero demo", () => {
  it("keeps every promise within ten seconds, and touches nothing of the person's", async () => {
    const cwd = tempDir();
    const tmp = tempDir();
    const began = performance.now();
    const ran = await runAgentzero(["demo", "--json"], { cwd, home: join(cwd, "home"), env: { TMPDIR: tmp } });
    // Ten seconds where nothing else runs: a busy machine takes several times that.
    expect(performance.now() - began).toBeLessThan(100_000);
    const report = ran.json() as { ok: boolean; promises: readonly { promise: string; ok: boolean; detail: string }[] };
    expect(report.promises.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.promises.length).toBeGreaterThanOrEqual(8);
    expect(ran.exit).toBe(0);
    expect(existsSync(join(cwd, "home"))).toBe(false);
    expect(readdirSync(tmp)).toEqual([]);
  });
});

describe("agentzero demo at a terminal", () => {
  it("shows its questions in colours, spells none of them out, and says how to go on", async () => {
    const cwd = tempDir();
    const ran = await runHere(["demo"], { project: cwd, home: join(cwd, "home"), person: () => "" });
    expect(ran.exit).toBe(0);
    expect(ran.stderr).toContain("\u001b[32m     +export const total");
    expect(ran.stderr).not.toContain("\\u{1b}");
    // From the sources there is no command yet.
    expect(ran.stderr).toMatch(/npm run build\n {2}alias agentzero="node \S+\/dist\/cli\/bin\.js"\n/);
    expect(Math.max(...ran.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe("agentzero demo --here", () => {
  it("plays in the person's project and leaves none of its files changed", async () => {
    const base = tempDir({ "project/README.md": "# Mine\n", "project/.env": "KEY=fake\n" });
    const cwd = join(base, "project");
    const ran = await runAgentzero(["demo", "--here", "--json"], {
      cwd,
      home: join(base, "home"),
      env: { HOME: base },
    });
    const report = ran.json() as { promises: readonly { promise: string; ok: boolean; detail: string }[] };
    expect(report.promises.filter(({ ok }) => !ok)).toEqual([]);
    expect(ran.exit).toBe(0);
    expect(readdirSync(cwd).toSorted()).toEqual([".agentzero", ".env", "README.md"]);
    const verified = await runAgentzero(["audit", "verify", "--all"], {
      cwd,
      home: join(base, "home"),
      env: { HOME: base },
    });
    expect(verified.exit).toBe(0);
  });
});

describe("judgeCalls()", () => {
  const calm = { ok: true, tool: "x", rule: null, approved: null, changes: [], error: null } as unknown as CallResult;
  const changed = { ...calm, exit: 0, changes: [{ path: "a", kept: true }] } as unknown as CallResult;

  it("calls it broken when something happened that must not", () => {
    // Everything was simply allowed: only reading and searching may be.
    const files = [calm, calm, calm, changed];
    const tools = [{ ...calm, decision: "allow" }, {
      ...calm,
      tier: "wasm-sandbox",
      output: '{"env":"read"}',
    }] as const;
    const held = judgeCalls([...files, ...tools, calm, calm, calm, changed, calm]);
    expect(held.map((promise) => promise.held)).toEqual(
      [true, true, false, false, false, false, false, false, true, false, false],
    );
  });

  it("calls it broken when a call was never made", () => {
    expect(judgeCalls([]).every((promise) => !promise.held)).toBe(true);
  });
});
