import { describe, expect, it, test } from "vitest";
import { EXIT, exitCodeOf, isExitCode } from "../../cli/exit-codes.ts";

describe("exitCodeOf()", () => {
  test.for(
    [
      ["USAGE", 2],
      ["ARGS_INVALID", 2],
      ["PATH_INVALID", 2],
      ["LIMIT_TIME", 3],
      ["LIMIT_FUEL", 3],
      ["NO_PROJECT", 4],
      ["SECRET_UNKNOWN", 4],
      ["POLICY_DENY", 5],
      ["APPROVAL_NOBODY", 5],
      ["AUDIT_UNWRITABLE", 5],
      ["TIER_UNAVAILABLE", 5],
      ["TOOL_FOREIGN", 5],
      ["MODEL_DENIED", 5],
      ["PROVIDER_UNREACHABLE", 6],
      ["VAULT_TAMPERED", 7],
      ["SIG_INVALID", 7],
      ["CHAIN_BROKEN", 7],
      ["CANCELLED", 130],
      ["COMMAND_FAILED", 1],
      ["VAULT_LOCKED", 1],
      ["LIMIT_MEMORY", 1],
      ["ASYNC_TOOL", 1],
    ] as const,
  )("ends with the number of the contract for %s", ([code, exit]) => expect(exitCodeOf(code)).toBe(exit));

  it("is total: an unknown code, and names of object members, end with 1", () => {
    for (const code of ["", "ENOSPC", "constructor", "__proto__", "toString"]) expect(exitCodeOf(code)).toBe(1);
  });

  it("knows exactly the numbers of the contract", () => {
    expect(Object.values(EXIT)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 130]);
    expect([0, 7, 130].every(isExitCode)).toBe(true);
    expect([8, -1, 1.5, Number.NaN].some(isExitCode)).toBe(false);
  });
});
