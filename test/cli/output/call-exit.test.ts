import { describe, expect, it, test } from "vitest";
import { resultExit } from "../../../cli/output/call-exit.ts";
import type { CallResult, ChangeReport } from "../../../session/mod.ts";

const RESULT = {
  v: 1,
  session: "ses_x",
  call: "call_x",
  tool: "read",
  tier: "host-readonly",
  decision: "allow",
  rule: "r",
  layer: "project",
  reason: "rule: r",
  approved: null,
  ok: true,
  output: "text",
  error: null,
  trust: "file",
  truncated: false,
  redactions: [],
  audit: { file: "f", intent: 1, result: 2 },
  ms: 1,
} as unknown as CallResult;

function failed(code: string, more: object = {}): CallResult {
  return { ...RESULT, ok: false, output: null, error: { code, message: "", hint: null }, ...more };
}

const CHANGE: ChangeReport = {
  path: "a",
  kind: "create",
  bytes: 1,
  decision: "requires_approval",
  rule: "w",
  kept: false,
  ignored: false,
};

describe("resultExit()", () => {
  test.for(
    [
      ["a call that worked", RESULT, 0],
      ["a deny", failed("POLICY_DENY", { decision: "deny" }), 5],
      ["a deny with a code of its own", failed("SECRET_UNBOUND", { decision: "deny" }), 5],
      [
        "a question that nobody answered",
        failed("APPROVAL_NOBODY", { decision: "requires_approval", approved: "nobody" }),
        5,
      ],
      ["arguments that do not fit", failed("ARGS_INVALID", { decision: "deny" }), 2],
      ["a file that is not there", failed("NOT_FOUND"), 4],
      ["a command that failed", failed("COMMAND_FAILED", { output: "x", exit: 1 }), 1],
      ["a deadline", failed("LIMIT_TIME"), 3],
      ["no sandbox", failed("TIER_UNAVAILABLE"), 5],
      ["a cancelled call", failed("CANCELLED"), 130],
      ["a change that was not kept", { ...RESULT, changes: [CHANGE] }, 5],
      ["a change that was kept", { ...RESULT, changes: [{ ...CHANGE, kept: true }] }, 0],
      ["an ignored change that was dropped", { ...RESULT, changes: [{ ...CHANGE, ignored: true }] }, 0],
      ["a failed command with a change not kept", { ...failed("COMMAND_FAILED"), changes: [CHANGE] }, 5],
    ] as const,
  )("ends with the right number for %s", ([, result, exit]) => expect(resultExit(result)).toBe(exit));

  it("never calls a failure a success", () => {
    expect(resultExit(failed(""))).toBe(1);
    expect(resultExit({ ...RESULT, ok: false })).toBe(1);
  });
});
