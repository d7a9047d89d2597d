import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decode } from "../../core/decode.ts";

const schema = z.strictObject({ path: z.string(), limit: z.int().optional() });

describe("decode()", () => {
  it("gives the typed value", () => {
    expect(decode(schema, { path: "a" }, "arguments")).toEqual({ path: "a" });
  });

  it("names an unknown key and the one that was meant", () => {
    expect(() => decode(schema, { path: "a", limt: 1 }, 'arguments of "read"')).toThrow(
      expect.objectContaining({
        code: "ARGS_INVALID",
        message: 'Cannot read arguments of "read": unknown key "limt"',
        hint: 'did you mean "limit"?',
      }),
    );
  });

  it("names the misspelled key rather than the missing one", () => {
    expect(() => decode(schema, { pth: "a" }, "arguments")).toThrow(
      expect.objectContaining({ message: 'Cannot read arguments: unknown key "pth"', hint: 'did you mean "path"?' }),
    );
  });

  it.each([[{}], [{ path: 3 }], [null], ["text"], [[]]])("refuses %j", (value) => {
    expect(() => decode(schema, value, "arguments")).toThrow(expect.objectContaining({ code: "ARGS_INVALID" }));
  });
});
