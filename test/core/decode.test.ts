import { describe, expect, it } from "vitest";
import { decode } from "../../core/decode.ts";
import { integer, object, optional, string } from "../../core/shape.ts";

const SHAPE = object({ path: string(), limit: optional(integer()) });

describe("decode()", () => {
  it("gives the typed value", () => {
    expect(decode(SHAPE, { path: "a" }, "arguments")).toEqual({ path: "a" });
  });

  it("names an unknown key and the one that was meant", () => {
    expect(() => decode(SHAPE, { path: "a", limt: 1 }, 'arguments of "read"')).toThrow(
      expect.objectContaining({
        code: "ARGS_INVALID",
        message: 'Cannot read arguments of "read": unknown key "limt"',
        hint: 'did you mean "limit"?',
      }),
    );
  });

  it("names the misspelled key rather than the missing one", () => {
    expect(() => decode(SHAPE, { pth: "a" }, "arguments")).toThrow(
      expect.objectContaining({ message: 'Cannot read arguments: unknown key "pth"', hint: 'did you mean "path"?' }),
    );
  });

  it("says where a value does not fit, and which keys there are", () => {
    expect(() => decode(SHAPE, { path: "a", limit: 1.5 }, "arguments")).toThrow(
      expect.objectContaining({
        message: 'Cannot read arguments: "limit": expected an integer, saw a value of type number',
        hint: "known keys: path, limit",
      }),
    );
  });

  it.each([[{}], [{ path: 3 }], [null], ["text"], [[]]])("refuses %j", (value) => {
    expect(() => decode(SHAPE, value, "arguments")).toThrow(expect.objectContaining({ code: "ARGS_INVALID" }));
  });
});
