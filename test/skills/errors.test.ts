import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../cli/exit-codes.ts";
import { SKILL_CODES } from "../../skills/errors.ts";

// The table of the format: exit 7, or 5 where the skill or the person's answer is what stands in the way.
const DENIED: ReadonlySet<string> = new Set([
  "KEY_UNTRUSTED",
  ...SKILL_CODES.ask,
  "TOOL_ATTEMPTS",
  "TOOL_DISABLED",
  "TOOL_FOREIGN",
]);
const FAILED: ReadonlySet<string> = new Set(["TOOL_NAME", "TOOL_SCHEMA", "TOOL_COMPILE", "TOOL_EXAMPLE"]);
const { plain: _plain, engine: _engine, ...JUDGED } = SKILL_CODES;

describe("exit codes of skills", () => {
  test.for(Object.values(JUDGED).flat())("%s", (code) => {
    expect(exitCodeOf(code)).toBe(DENIED.has(code) ? 5 : FAILED.has(code) ? 1 : 7);
  });
});
