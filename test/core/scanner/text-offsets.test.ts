import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textRanges } from "../../../core/scanner/text-offsets.ts";
import { utf8 } from "../../support/core-rig.ts";

describe("textRanges()", () => {
  it("finds the characters that bytes belong to, also in text with lone surrogates", () => {
    const source = fc.string({ unit: fc.constantFrom("a", "é", "€", "\u{1f600}", "\ud800", "\udc00") });
    fc.assert(
      fc.property(source, fc.nat(), fc.nat(), (content, a, b) => {
        const length = utf8(content).length;
        const start = Math.min(a, b) % (length + 1);
        const end = start + ((Math.max(a, b) - start) % (length - start + 1));
        const [range] = textRanges(content, [{ start, end }]);
        const from = utf8(content.slice(0, range?.start)).length;
        const to = utf8(content.slice(0, range?.end)).length;
        // Whole characters that hold the bytes, and no character more at the front.
        expect(from <= start && to >= end && (end === start || start - from < 4)).toBe(true);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it("translates several ranges in one go", () => {
    expect(textRanges("é-€-\u{1f600}", [{ start: 0, end: 2 }, { start: 3, end: 6 }, { start: 7, end: 11 }])).toEqual([
      { start: 0, end: 1 },
      { start: 2, end: 3 },
      { start: 4, end: 6 },
    ]);
  });
});
