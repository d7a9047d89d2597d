import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columns, columnsWithin } from "../../../cli/output/text.ts";
import { displayWidth } from "../../../cli/term/width.ts";

const ROWS = [
  ["  /model", "models to choose from; /model NAME goes on with another one"],
  ["  /quit", "leave"],
] as const;

describe("columnsWithin()", () => {
  it("breaks the last column between words, below itself", () => {
    expect(columnsWithin(ROWS, 40).split("\n")).toEqual([
      "  /model  models to choose from; /model",
      "          NAME goes on with another one",
      "  /quit   leave",
    ]);
  });

  it("gives the last column lines of its own where the others take too much", () => {
    expect(columnsWithin([["a-name-that-takes-most-of-it", "what it is for, in words"]], 40).split("\n")).toEqual([
      "a-name-that-takes-most-of-it",
      "  what it is for, in words",
    ]);
  });

  it("is columns() where there is room", () => expect(columnsWithin(ROWS, 100)).toBe(columns(ROWS)));

  it("makes no line wider than the window, whatever the cells hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 12 }), fc.string({ maxLength: 90 }))), (rows) => {
        for (const line of columnsWithin(rows, 48).split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(96);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
