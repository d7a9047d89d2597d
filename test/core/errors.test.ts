import { describe, expect, it } from "vitest";
import { AgentZeroError, CoreError } from "../../core/errors.ts";

describe("CoreError", () => {
  it("carries code, message, hint and cause, and is named after its class", () => {
    const cause = new Error("inner");
    const error = new CoreError("KEY_INVALID", "Cannot read key: it is empty", { hint: "make a new one", cause });
    expect(error).toBeInstanceOf(AgentZeroError);
    expect(error).toMatchObject({
      name: "CoreError",
      code: "KEY_INVALID",
      message: "Cannot read key: it is empty",
      hint: "make a new one",
    });
    expect(error.cause).toBe(cause);
  });

  it("has no cause when none was given", () => {
    expect("cause" in new CoreError("KEY_INVALID", "Cannot read key: it is empty")).toBe(false);
  });
});
