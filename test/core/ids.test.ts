import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { createIds, isId, parseSessionId } from "../../core/ids.ts";
import { codeOf, handClock, seededRandom } from "../support/core-rig.ts";

describe("createIds()", () => {
  it("makes a prefix, an underscore and a ULID", () => {
    const ids = createIds(handClock(), seededRandom());
    expect(ids.next("ses")).toMatch(/^ses_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    expect(ids.next("call")).toMatch(/^call_/);
    expect(ids.next("exe")).toMatch(/^exe_/);
  });

  it("writes the time as the ULID specification does", () => {
    // The first example of the specification: 1469918176385 is 01ARYZ6S41.
    expect(createIds(handClock(1_469_918_176_385), seededRandom()).next("ses").slice(4, 14)).toBe("01ARYZ6S41");
  });

  it("never repeats and always sorts by age, whatever the clock does", () => {
    const steps = fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 50 });
    fc.assert(
      fc.property(steps, (moves) => {
        let now = 1_700_000_000_000;
        const ids = createIds({ now: () => now, mono: () => 0 }, seededRandom());
        const made = moves.map((move) => {
          now += move;
          return ids.next("call");
        });
        expect(made).toEqual(made.toSorted());
        expect(new Set(made).size).toBe(made.length);
      }),
      { seed: 7 },
    );
  });

  it("refuses a clock that no id can carry", () => {
    for (const now of [2 ** 48, 2 ** 50, Number.NaN, Infinity]) {
      const ids = createIds({ now: () => now, mono: () => 0 }, seededRandom());
      expect(codeOf(() => ids.next("ses"))).toBe("ID_INVALID");
    }
  });
});

describe("isId()", () => {
  const good = "ses_01ARYZ6S41TSV4RRFFQ69G5FAV";
  test.for(
    [
      ["a session id", good, true],
      ["another kind", good.replace("ses", "call"), false],
      ["lower case", good.toLowerCase(), false],
      ["a letter that the alphabet leaves out", good.replace("F", "I"), false],
      ["too long", `${good}0`, false],
      ["a time beyond 48 bits", good.replace("_0", "_8"), false],
      ["a line feed behind", `${good}\n`, false],
      ["a path", `ses_../../etc/passwd`, false],
      ["no text", 3, false],
    ] as const,
  )("%s", ([, value, expected]) => expect(isId("ses", value)).toBe(expected));
});

describe("parseSessionId()", () => {
  it("refuses other text and cuts it in the message", () => {
    expect(() => parseSessionId("x".repeat(1000))).toThrow(
      expect.objectContaining({ code: "ID_INVALID", message: expect.stringMatching(/^.{0,120}$/) }),
    );
  });
});
