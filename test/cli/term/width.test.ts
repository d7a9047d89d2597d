import { describe, expect, it, test } from "vitest";
import { displayWidth, fitWidth, wrapWidth } from "../../../cli/term/width.ts";

describe("displayWidth()", () => {
  test.for(
    [
      ["ASCII", "abc", 3],
      ["combining marks", "e\u0301", 1],
      ["wide letters", "漢字", 4],
      ["emoji", "🙂", 2],
      ["nothing", "", 0],
    ] as const,
  )("counts %s", ([, text, cells]) => expect(displayWidth(text)).toBe(cells));
});

describe("fitWidth()", () => {
  it("leaves what fits", () => expect(fitWidth("abc", 3)).toBe("abc"));
  it("cuts before a wide letter that does not fit", () => expect(fitWidth("a漢字", 4)).toBe("a漢…"));
});

describe("wrapWidth()", () => {
  it("loses nothing and goes over no edge", () => {
    const line = "naïve 漢字 and 🙂 more";
    const pieces = wrapWidth(line, 5);
    expect(pieces.join("")).toBe(line);
    expect(pieces.every((piece) => displayWidth(piece) <= 5)).toBe(true);
  });
  it("gives one piece for an empty line", () => expect(wrapWidth("", 5)).toEqual([""]));
});
