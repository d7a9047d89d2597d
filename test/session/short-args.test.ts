import { describe, expect, it, test } from "vitest";
import { shortArgs } from "../../session/short-args.ts";

describe("shortArgs()", () => {
  test.for(
    [
      ["keeps what is short", { path: "a", content: "b" }],
      ["keeps what is no object", 7],
      ["keeps text that is no JSON", "{ nonsense"],
      ["keeps nothing", undefined],
    ] as const,
  )("%s", ([, args]) => expect(shortArgs(args)).toBe(args));

  it("keeps the beginning of a long text and says how long it was", () => {
    expect(shortArgs({ path: "a", content: "é".repeat(2_000), list: ["x".repeat(600)] })).toEqual({
      path: "a",
      content: `${"é".repeat(512)}[left out: 4000 bytes in all]`,
      list: [`${"x".repeat(512)}[left out: 600 bytes in all]`],
    });
  });

  it("does not cut a character in two", () => {
    const short = shortArgs(`${"x".repeat(511)}😀${"y".repeat(600)}`);
    expect(typeof short === "string" && short.isWellFormed()).toBe(true);
  });

  it("leaves out arguments that are large in many small pieces", () => {
    const args = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, at]));
    expect(shortArgs(args)).toEqual({ left_out: `${JSON.stringify(args).length} bytes of arguments` });
  });
});
