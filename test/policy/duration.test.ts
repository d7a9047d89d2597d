import { describe, expect, it } from "vitest";
import { didYouMean } from "../../policy/did-you-mean.ts";
import { parseDuration } from "../../policy/duration.ts";

describe("parseDuration()", () => {
  it.each([["90s", 90_000], ["5m", 300_000], ["12h", 43_200_000], ["30d", 2_592_000_000]])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "5", "m", "0m", "05m", "5 m", "5M", "-5m", "1.5h", "5min", "1w", "9999999d"])("refuses %s", (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe("didYouMean()", () => {
  it("names the nearest, else what is known", () => {
    expect(didYouMean("alow", ["allow", "deny"])).toBe('did you mean "allow"?');
    expect(didYouMean("xyzzy", ["allow", "deny"])).toBe("known here: allow deny");
    expect(didYouMean("a".repeat(1_000_000), ["allow"])).toBe("known here: allow");
  });
});
