import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLength, isIgnoredByte, previousSignificant, withoutIgnored } from "../../../core/scanner/ignored.ts";
import { text, utf8 } from "../../support/core-rig.ts";

/** What the runtime's Unicode data calls a format character or ignorable. */
const FORMAT = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u0080-\u009f\u2028\u2029]/u;

describe("formatLength()", () => {
  it("knows every format character of Unicode, and takes no visible one for it", () => {
    const wrong: string[] = [];
    for (let point = 0x80; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const unit = String.fromCodePoint(point);
      const bytes = utf8(unit);
      if ((formatLength(bytes, 0, bytes.length) === bytes.length) !== FORMAT.test(unit)) wrong.push(point.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it("asks for more bytes rather than guess", () => {
    const bytes = utf8("\u{e0041}");
    expect([1, 2, 3, 4].map((end) => formatLength(bytes, 0, end))).toEqual([-1, -1, -1, 4]);
    expect(formatLength(Uint8Array.of(0xe2, 0x41), 0, 2)).toBe(0);
  });
});

describe("previousSignificant()", () => {
  it("walks back exactly over what a walk forward leaves out", () => {
    const unit = fc.constantFrom(
      0x41,
      0x20,
      0,
      0x7f,
      0xc2,
      0xad,
      0xe2,
      0x80,
      0x8b,
      0x8e,
      0xf3,
      0xa0,
      0x81,
      0xef,
      0xbb,
      0xbf,
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 24 }), (units) => {
        const bytes = Uint8Array.from(units);
        const forward: number[] = [];
        for (let i = 0; i < bytes.length;) {
          const format = Math.max(0, formatLength(bytes, i, bytes.length));
          if (format === 0 && !isIgnoredByte(bytes[i] ?? 0)) forward.push(i);
          i += Math.max(1, format);
        }
        const back: number[] = [];
        for (let at = previousSignificant(bytes, bytes.length, 0); at >= 0; at = previousSignificant(bytes, at, 0)) {
          back.unshift(at);
        }
        expect(back).toEqual(forward);
        expect(withoutIgnored(bytes)).toEqual(Uint8Array.from(forward, (at) => bytes[at] ?? 0));
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe("withoutIgnored()", () => {
  it("leaves the letters", () => expect(text(withoutIgnored(utf8(" a\u200bb\u00adc\n\td\u{e0061}é ")))).toBe("abcdé"));
});
