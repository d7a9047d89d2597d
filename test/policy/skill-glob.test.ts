import { describe, expect, it } from "vitest";
import { matchSkillGlob } from "../../policy/skill-glob.ts";

describe("matchSkillGlob()", () => {
  it.each([
    ["data/**.csv", "data/q1.csv", true],
    ["data/**.csv", "data/2024/q1.csv", true],
    ["data/**.csv", "data/q1.txt", false],
    ["README.md", "README.md", true],
    ["out/**", "out", true],
    ["out/**", "out/a/b", true],
    ["out/**", "outer/a", false],
    ["out/*", "out/a/b", false],
    ["**", "a/b", true],
    ["**", "", true],
    // A hidden name is meant only when it is written.
    ["**", ".env", false],
    ["**", "a/.env", false],
    ["**/.env", "a/.env", true],
    [".env", ".env", true],
    ["*.env", ".env", false],
    ["a/*b*c", "a/xbxc", true],
    ["a/*b*c", "a/xb/xc", false],
    ["a/**b*c", "a/x/bxc", true],
    ["repos/**", "repos/acme/x/issues", true],
  ])("%s on %s is %s", (glob, path, expected) => expect(matchSkillGlob(glob, path)).toBe(expected));

  it("stays fast on a hostile manifest", () => {
    const start = performance.now();
    expect(matchSkillGlob(`${"**a*".repeat(60)}b`, "a/".repeat(1_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
