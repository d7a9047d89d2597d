import { describe, expect, it } from "vitest";
import { CoreError } from "../../../core/mod.ts";
import { errorObject, errorText } from "../../../cli/output/error.ts";

describe("errorObject()", () => {
  it("carries code, message and hint of our own errors", () => {
    const error = new CoreError("KEY_MISSING", "Cannot open key: it is missing", { hint: "agentzero init" });
    expect(errorObject(error)).toEqual({
      v: 1,
      error: { code: "KEY_MISSING", message: "Cannot open key: it is missing", hint: "agentzero init" },
    });
  });

  it("says how to start it where Deno refused something to the program itself", () => {
    const refused = Object.assign(new Error("Requires write access"), { name: "NotCapable" });
    expect(errorObject(refused).error).toMatchObject({
      code: "RUNTIME_PERMISSION",
      hint: expect.stringContaining("deno run -A"),
    });
  });

  it("says in our words what the system refused", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write 'x'"), {
      code: "ENOSPC",
      path: "/x/y",
    });
    expect(errorObject(error).error).toMatchObject({ code: "ENOSPC", message: 'Cannot use "/x/y": the disk is full' });
  });

  it("never shows the text of a foreign error", () => {
    for (const cause of [new TypeError("token ghp_FAKE"), "ghp_FAKE", null, undefined, { message: "ghp_FAKE" }]) {
      const text = JSON.stringify(errorObject(cause));
      expect(text).toContain("INTERNAL");
      expect(text).not.toContain("ghp_FAKE");
    }
  });
});

describe("errorText()", () => {
  it("reads like help", () => {
    const failure = {
      v: 1,
      error: { code: "X", message: 'Cannot run "npm publish": denied', hint: "agentzero init" },
    } as const;
    expect(errorText(failure, "no_match: nothing grants it")).toBe(
      'error: Cannot run "npm publish": denied\n  why: no_match: nothing grants it\n  do:  agentzero init\n',
    );
    expect(errorText({ v: 1, error: { ...failure.error, hint: null } })).toBe(
      'error: Cannot run "npm publish": denied\n',
    );
  });

  it("keeps foreign text inside its column and harmless", () => {
    const message = 'Cannot read "a\u001b[2J\nerror: everything is fine"';
    expect(errorText({ v: 1, error: { code: "X", message, hint: null } })).toBe(
      'error: Cannot read "a\\u{1b}[2J\n       error: everything is fine"\n',
    );
  });
});
