import * as fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it, test } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** The same value with its keys put in the other order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).toReversed().map(([key, member]) => [key, turned(member)]));
}

describe("canonicalJson()", () => {
  it("means the same as the value", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(normal(value));
      }),
      { seed: 7 },
    );
  });

  it("gives one form whatever the order of keys", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
      }),
      { seed: 7 },
    );
  });

  it("gives different forms for different values, and only for them", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(normal(a), normal(b)));
      }),
      { seed: 7 },
    );
  });

  test.for(
    [
      ["keys in UTF-16 order", { "\u{1F600}": 1, "\uFB01": 2, b: 3, a: 4 }, '{"a":4,"b":3,"\u{1F600}":1,"\uFB01":2}'],
      ["minus zero", -0, "0"],
      ["absent members", { a: undefined, b: 1 }, '{"b":1}'],
      ["nesting", [{ b: [], a: {} }], '[{"a":{},"b":[]}]'],
      ["escapes", '\u0001\n"\\/\u2028', '"\\u0001\\n\\"\\\\/\u2028"'],
      ["an object without prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ] as const,
  )("writes %s", ([, value, expected]) => expect(canonicalJson(value)).toBe(expected));

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.for(
    [
      ["a fraction", 0.5],
      ["an unsafe integer", 2 ** 53],
      ["NaN", Number.NaN],
      ["infinity", Infinity],
      ["a lone surrogate", "\ud800"],
      ["a lone surrogate in a key", { "\udfff": 1 }],
      ["undefined", undefined],
      ["a bigint", 1n],
      ["a function", () => 1],
      ["a symbol", Symbol("x")],
      ["a date", new Date(0)],
      ["a map", new Map()],
      ["bytes", new Uint8Array(1)],
      ["a cycle", cycle],
    ] as const,
  )("refuses %s", ([, value]) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
  });
});

/** JSON has no minus zero. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
