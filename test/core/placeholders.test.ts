import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../core/crypto/sodium.ts";
import { createPlaceholders, PLACEHOLDER_KINDS, placeholderShapes } from "../../core/placeholders.ts";
import { seededRandom, utf8 } from "../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

describe("createPlaceholders()", () => {
  it("depends on session, kind and value", () => {
    const made = new Set<string>();
    for (const session of ["a", "b"]) {
      const placeholders = createPlaceholders(seededRandom(session));
      for (const kind of PLACEHOLDER_KINDS) {
        for (const value of ["x", "y"]) {
          expect(placeholders.make(kind, utf8(value))).toBe(placeholders.make(kind, utf8(value)));
          made.add(placeholders.make(kind, utf8(value)));
        }
      }
    }
    expect(made.size).toBe(2 * PLACEHOLDER_KINDS.length * 2);
    for (const one of made) expect(one).toMatch(/^\[[A-Z]+_[A-Z2-7]{8}\]$/);
  });
});

describe("makeKnown()", () => {
  it("is not forgotten in a flood of others", () => {
    const placeholders = createPlaceholders(seededRandom());
    const known = placeholders.makeKnown("SECRET", utf8("value"));
    const first = placeholders.make("EMAIL", utf8("0"));
    for (let i = 1; i <= 100_000; i++) placeholders.make("EMAIL", utf8(String(i)));
    expect([placeholders.hasIssued(`x${known}`), placeholders.isIssued(first)]).toEqual([true, false]);
  });
});

describe("placeholderShapes()", () => {
  it("finds everything that is spelled like one", () => {
    expect(placeholderShapes("a [SECRET_AAAAAAAA] [OTHER_AAAAAAAA] [PHONE_22222222]")).toEqual([
      { start: 2, end: 19 },
      { start: 37, end: 53 },
    ]);
  });
});
