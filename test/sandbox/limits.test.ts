import { describe, expect, it } from "vitest";
import { checkLimit } from "../../sandbox/limits.ts";
import { DEFAULT_PROCESS_LIMITS, PROCESS_BOUNDS, processLimits, SANDBOX_BOUNDS } from "../../sandbox/mod.ts";

describe("processLimits()", () => {
  it("fills in the defaults", () => {
    expect(processLimits()).toEqual(DEFAULT_PROCESS_LIMITS);
    expect(processLimits({ processes: 10 })).toEqual({ ...DEFAULT_PROCESS_LIMITS, processes: 10 });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, 2 ** 60])("refuses %d", (value) => {
    expect(() => processLimits({ processes: value })).toThrow(expect.objectContaining({ code: "LIMIT_INVALID" }));
  });

  it("refuses a name it does not know", () => {
    const asked = JSON.parse('{"speed": 3}') as Record<string, number>;
    expect(() => processLimits(asked)).toThrow(expect.objectContaining({ code: "LIMIT_INVALID" }));
  });

  it("has every default within its bounds, and names the key in the message", () => {
    for (const bound of [...Object.values(PROCESS_BOUNDS), ...Object.values(SANDBOX_BOUNDS)]) {
      expect(checkLimit(bound, bound.default)).toBe(bound.default);
      expect(checkLimit(bound, bound.max)).toBe(bound.max);
      expect(() => checkLimit(bound, bound.max + 1)).toThrow(bound.key);
    }
  });
});
