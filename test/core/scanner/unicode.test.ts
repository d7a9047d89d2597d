import * as fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { createRedactor } from "../../../core/create-redactor.ts";
import { loadSodium } from "../../../core/crypto/sodium.ts";
import type { Redactor } from "../../../core/redactor.ts";
import { seededRandom, utf8 } from "../../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

function redactorWith(...values: readonly string[]): Redactor {
  const redactor = createRedactor({ random: seededRandom() });
  for (const value of values) redactor.add({ bytes: utf8(value), handle: "handle://vault/a/b", class: "secret" });
  return redactor;
}

// Characters whose length changes with their case or form: a copy in lower case has other offsets than the original.
const TRAPS: readonly (readonly [string, string])[] = [
  ["a capital I with dot, longer in lower case", "\u0130"],
  ["a sharp s, longer in upper case", "\u00df"],
  ["a Kelvin sign, shorter in lower case", "\u212a"],
  ["an \u00c5ngstr\u00f6m sign, shorter in lower case", "\u212b"],
  ["a long s, another letter in upper case", "\u017f"],
  ["a ligature, three letters in upper case", "\ufb03"],
  ["a final sigma", "\u03a3\u03c2"],
  ["an a with a ring in two forms", "\u00e5a\u030a"],
  ["a letter beyond the first plane", "\u{10400}"],
  ["half a surrogate pair", "\ud800"],
  ["a family of emoji with joiners", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"],
];

describe("letters that change with their case", () => {
  test.for(TRAPS)("%s before, inside and behind a value leaves every offset where it is", ([, trap]) => {
    const value = "fakeTokenKI9s";
    const redactor = redactorWith(value);
    const around = trap.repeat(50);
    const masked = redactor.mask(`${around}<${value}>${around}`);
    expect(masked.text).toMatch(/^[^<]*<\[SECRET_[A-Z2-7]{8}\]>[^>]*$/);
    expect(masked.text.replace(/<.*>/, "")).toBe(around + around);
    expect(redactor.find(`${around}<${value}`)).toMatchObject([{
      start: around.length + 1,
      end: around.length + 1 + value.length,
    }]);
  });

  it("do not make another text into the value", () => {
    const redactor = redactorWith("fakeTokenKIss9");
    for (
      const other of [
        "fa\u212aeTokenKIss9",
        "fakeToken\u212aIss9",
        "fakeTokenK\u0130ss9",
        "fakeTokenKI\u00df9",
        "FAKETOKENKISS9",
      ]
    ) {
      expect(redactor.mask(other)).toEqual({ text: other, redactions: [] });
    }
  });

  it("may be part of the value itself", () => {
    for (const [, trap] of TRAPS.filter(([, text]) => text.isWellFormed())) {
      const value = `fake${trap}token${trap}9`;
      const { text } = redactorWith(value).mask(`x${value}y`);
      expect(text).toMatch(/^x\[SECRET_[A-Z2-7]{8}\]y$/);
    }
  });

  it("never move a mask, in any mixture", () => {
    const value = "fakeToken4711";
    const redactor = redactorWith(value);
    const mixture = fc.array(fc.constantFrom(...TRAPS.map(([, trap]) => trap), "a", " ", "[", "9"), { maxLength: 30 });
    fc.assert(
      fc.property(mixture, mixture, (before, after) => {
        const [left, right] = [before.join(""), after.join("")];
        // Format characters beside the value may belong to it.
        fc.pre(!/[\p{Cf}\s]$/u.test(left) && !/^[\p{Cf}\s]/u.test(right));
        const { text } = redactor.mask(left + value + right);
        expect(text.startsWith(left) && text.endsWith(right)).toBe(true);
        expect(text.slice(left.length, text.length - right.length)).toMatch(/^\[SECRET_[A-Z2-7]{8}\]$/);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
