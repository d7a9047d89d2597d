import { describe, expect, it } from "vitest";
import { createRepeats } from "../../session/repeats.ts";

describe("createRepeats()", () => {
  it("does not run the fourth equal call and stops after the fifth", () => {
    const repeats = createRepeats();
    const args = { path: "a" };
    for (let i = 0; i < 3; i++) {
      expect(repeats.isRepeated("read", args)).toBe(false);
      expect(repeats.note("read", args, "same")).toBe(false);
    }
    expect(repeats.isRepeated("read", args)).toBe(true);
    expect(repeats.note("read", args, "not run")).toBe(false);
    expect(repeats.note("read", args, "not run")).toBe(true);
  });

  it("starts anew with another call or another result", () => {
    const repeats = createRepeats();
    for (const outcome of ["1", "2", "3", "4"]) repeats.note("shell", { command: "date" }, outcome);
    expect(repeats.isRepeated("shell", { command: "date" })).toBe(false);
    repeats.note("read", {}, "x");
    expect(repeats.isRepeated("shell", { command: "date" })).toBe(false);
  });
});
