import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { capMiddle, capOutput } from "../../core/cap-output.ts";

describe("capOutput()", () => {
  test.for(
    [
      ["keeps what fits", "abc", 3, { text: "abc", dropped: 0 }],
      ["cuts before a character that does not fit", "naïve", 3, { text: "na", dropped: 4 }],
      ["can cut everything", "é", 1, { text: "", dropped: 2 }],
    ] as const,
  )("%s", ([, text, limit, expected]) => expect(capOutput(text, limit)).toEqual(expected));

  it("refuses a limit that is not a byte count", () => {
    for (const limit of [-1, 0.5, Number.NaN, Infinity]) {
      expect(() => capOutput("a", limit)).toThrow(expect.objectContaining({ code: "LIMIT_INVALID" }));
      expect(() => capMiddle("a", limit)).toThrow(expect.objectContaining({ code: "LIMIT_INVALID" }));
    }
  });
});

describe("capMiddle()", () => {
  it("keeps head and tail and says how much is missing", () => {
    expect(capMiddle("aaaabbbbcccc", 6)).toEqual({ text: "aaaa\n[6 bytes left out]\ncc", dropped: 6 });
  });

  it("never splits a character and never keeps more than asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.nat(80), (text, limit) => {
        const source = text.toWellFormed();
        const { text: capped, dropped } = capMiddle(source, limit);
        expect(capped.isWellFormed()).toBe(true);
        const bytes = Buffer.byteLength(source);
        const fits = bytes <= limit && capped === source;
        expect(fits || (bytes - dropped <= limit && capped.includes(`[${dropped} bytes left out]`))).toBe(true);
      }),
      { seed: 3 },
    );
  });
});
