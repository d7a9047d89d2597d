import { array, assert as check, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPath, isWithin } from "../../../sandbox/files/check-path.ts";
import { SCALE } from "../rig.ts";

describe("checkPath()", () => {
  it.each([
    ["/a/b", { parent: "/a", base: "b" }],
    ["/a", { parent: "/", base: "a" }],
    ["/", { parent: "/", base: "" }],
    ["/a/~/%2e%2e/b", { parent: "/a/~/%2e%2e", base: "b" }],
  ])("splits %s", (path, halves) => expect(checkPath(path, "linux")).toEqual(halves));

  it.each(["", "a", "./a", "/a/", "/a//b", "/a/./b", "/a/../b", "/..", "/a\0b", "/\ud800", `/${"x".repeat(4096)}`])(
    "refuses %j",
    (path) => {
      expect(() => checkPath(path, "linux")).toThrow(expect.objectContaining({ code: "PATH_INVALID" }));
    },
  );

  it.each(["C:\\a:stream", "C:\\a.", "C:\\a ", "C:\\NUL", "C:\\com1.txt", "C:\\x\\lpt9\\y", "a\\b", "C:\\a/../b"])(
    "refuses %j on Windows",
    (path) => {
      expect(() => checkPath(path, "win32")).toThrow(expect.objectContaining({ code: "PATH_INVALID" }));
    },
  );

  it("takes plain Windows paths", () => {
    expect(checkPath("C:\\Users\\a\\b.txt", "win32")).toEqual({ parent: "C:\\Users\\a", base: "b.txt" });
    expect(checkPath("C:\\", "win32")).toEqual({ parent: "C:\\", base: "" });
  });

  it("accepts exactly the paths that are their own plain form", () => {
    check(
      property(array(constantFrom("a", "b", ".", "..", "", "c d"), { maxLength: 6 }), (parts) => {
        const path = `/${parts.join("/")}`;
        const plain = path === "/" || parts.every((part) => part !== "." && part !== ".." && part !== "");
        let accepted = true;
        try {
          checkPath(path, "linux");
        } catch {
          accepted = false;
        }
        expect(accepted).toBe(plain);
      }),
      { seed: 3, numRuns: 500 * SCALE },
    );
  });
});

describe("isWithin()", () => {
  it.each([
    ["/a", "/a", true],
    ["/a/b", "/a", true],
    ["/ab", "/a", false],
    ["/a", "/a/b", false],
    ["/a", "/", true],
    ["/", "/", true],
  ])("%s in %s: %j", (path, folder, expected) => expect(isWithin(path, folder)).toBe(expected));
});
