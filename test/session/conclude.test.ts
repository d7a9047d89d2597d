import { describe, expect, it, test } from "vitest";
import { openEngine } from "../support/engine.ts";

const COMMON = [
  "v",
  "session",
  "call",
  "tool",
  "tier",
  "decision",
  "rule",
  "layer",
  "reason",
  "approved",
  "ok",
  "output",
  "error",
  "trust",
  "truncated",
  "redactions",
  "audit",
  "ms",
];

describe("the object of a call", () => {
  test.for<readonly [string, string, unknown, readonly string[]]>([
    ["that was allowed", "read", { path: "README.md" }, COMMON],
    ["that was denied", "read", { path: "/etc/passwd" }, COMMON],
    ["that failed", "read", { path: "missing" }, COMMON],
    ["of a command", "shell", { command: "true" }, [...COMMON, "exit", "changes"]],
    ["of a command that was denied", "shell", { command: "ls", cwd: "/etc" }, [...COMMON, "exit", "changes"]],
    ["of a tool that does not exist", "reed", {}, COMMON],
  ])("%s has its fields in one order, none left out", async ([, tool, args, keys]) => {
    const engine = await openEngine();
    const result = await engine.call(tool, args);
    expect(Object.keys(result)).toEqual(keys);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    const { ok, output, error, decision, audit } = result;
    expect(error === null).toBe(ok);
    expect(error === null ? null : Object.keys(error)).toEqual(ok ? null : ["code", "message", "hint"]);
    expect(Object.keys(audit)).toEqual(["file", "intent", "result"]);
    expect(audit.intent).toBeGreaterThan(0);
    expect([decision === "deny", output === null || !ok]).not.toEqual([true, false]);
    expect(Number.isInteger(result.ms)).toBe(true);
  });

  it("says of a command that never started that it has no status and changed nothing", async () => {
    const engine = await openEngine();
    expect(await engine.call("shell", { command: "ls", cwd: "/etc" })).toMatchObject({ exit: null, changes: [] });
  });
});
