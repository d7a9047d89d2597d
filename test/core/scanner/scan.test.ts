import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KnownValues } from "../../../core/scanner/known-values.ts";
import { Scan } from "../../../core/scanner/scan.ts";
import { USER_INFO } from "../../../core/scanner/spans.ts";
import { ByteWindow } from "../../../core/scanner/window.ts";
import { utf8 } from "../../support/core-rig.ts";
import { naiveSpans } from "./naive-scan.ts";

const RUNS = 400 * Number(process.env["AZ_SCALE"] ?? "1");

function scanSpans(bytes: Uint8Array, values: readonly Uint8Array[]): readonly (readonly [number, number])[] {
  const known = new KnownValues();
  for (const value of values) known.add(value);
  const scan = new Scan(known.automaton());
  scan.run(new ByteWindow(bytes), true);
  return scan.take().filter((span) => span.pattern !== USER_INFO).map(({ start, end }) => [start, end] as const);
}

// Values that overlap each other, themselves and their own spellings.
const VALUES = ["abcabcabcd", "bcabcdeabc", "abababab12", 'q"uo<te>/x', "pass word 12é"].map(utf8);

/** Pieces of values, whole values, spellings, and what may stand between. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("abc", "abcabcabcd", "bcabcdeabc", "abab", "abababab12", "d", "eabc", "12") },
  { weight: 2, arbitrary: fc.constantFrom('q\\"uo<te>/x', "q&quot;uo&lt;te&gt;/x", "password12é", "pass word 12é") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(" ", "\n", "\u200b", "\u00ad", "\0", "\u{e0041}", "\ufe0f", "\u0301", "é", "\u2003"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "\u001b[31m",
      "\u001b",
      "\u009b1m",
      "\u001b]0;abc\u0007",
      "\u001b[abc",
      "\u0085",
      "\u001bPabc",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...VALUES).map((value) => Buffer.from(value).toString("base64")),
  },
  { weight: 1, arbitrary: fc.constantFrom(...VALUES).map((value) => Buffer.from(value).toString("hex")) },
);
/** A whole value with something between its letters. */
const cut = fc.tuple(
  fc.constantFrom("abcabcabcd", "abababab12", "password12\u00e9"),
  fc.array(
    fc.constantFrom("", "", " ", "\u001b[31m", "\u009b0m", "\u001b]0;ab\u0007", "\u001b(B", "\u200b", "\u001b[1"),
    { minLength: 10, maxLength: 11 },
  ),
).map(([value, between]) => Array.from(value, (letter, i) => `${letter}${between[i] ?? ""}`).join(""));
const texts = fc.array(fc.oneof({ weight: 4, arbitrary: piece }, { weight: 1, arbitrary: cut }), { maxLength: 30 }).map(
  (pieces) => pieces.join(""),
);

describe("Scan", () => {
  it("finds exactly what a naive search on the normalised text finds", () => {
    fc.assert(
      fc.property(texts, (source) => {
        const bytes = utf8(source);
        expect(scanSpans(bytes, VALUES)).toEqual(naiveSpans(bytes, VALUES));
      }),
      { seed: 7, numRuns: RUNS },
    );
  });

  it("does so for any values over a small alphabet, where one holds the other and everything overlaps", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 8, maxLength: 10 });
    const bit = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 });
    const made = fc.tuple(word, bit, bit, word).chain(([inner, before, after, other]) =>
      fc.tuple(
        fc.constant([inner, `${before}${inner}${after}c`, other].map(utf8)),
        fc.array(fc.constantFrom(before, inner, after, other, "a", "b", "c", " "), { maxLength: 12 }),
      )
    );
    fc.assert(
      fc.property(made, ([values, pieces]) => {
        const bytes = utf8(pieces.join(""));
        expect(scanSpans(bytes, values)).toEqual(naiveSpans(bytes, values));
      }),
      { seed: 11, numRuns: RUNS },
    );
  });

  it("never crashes and never finds more than there is in arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const spans = scanSpans(bytes, VALUES);
        expect(spans.every(([start, end]) => start >= 0 && start < end && end <= bytes.length)).toBe(true);
      }),
      { seed: 7, numRuns: RUNS },
    );
  });

  it("keeps touching values apart and merges overlapping ones", () => {
    const values = ["faketoken1", "faketoken2", "token1fake"].map(utf8);
    expect(scanSpans(utf8("faketoken1faketoken2"), values)).toEqual([[0, 20]]);
    expect(scanSpans(utf8("faketoken2faketoken2"), values)).toEqual([[0, 10], [10, 20]]);
  });

  it("takes linear time on a value that repeats itself", () => {
    const value = utf8("abcd".repeat(4000));
    const bytes = utf8("abcd".repeat(250_000));
    const start = performance.now();
    expect(scanSpans(bytes, [value])).toEqual([[0, bytes.length]]);
    // Quadratic work would be 4e9 steps.
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  it("gives up on a match with more filler than a page, and does not hang on it", () => {
    const bytes = utf8(`faket${" ".repeat(3_000_000)}oken1 faketoken1`);
    expect(scanSpans(bytes, [utf8("faketoken1")])).toEqual([[bytes.length - 10, bytes.length]]);
  });
});
