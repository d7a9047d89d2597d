import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { atPaths, openAtPath, writeAtPath } from "../../../cli/term/at-path.ts";

describe("atPaths()", () => {
  test.for(
    [
      ["a path in a sentence", "look at @src/a.ts and @b.md", ["src/a.ts", "b.md"]],
      ["a path before punctuation", "why does @src/a.ts, or (@b.md), fail in @c.ts?", ["src/a.ts", "b.md", "c.ts"]],
      ["a path in quotes", 'see @"my notes.md", and @"odd."', ["my notes.md", "odd."]],
      ["a path with a mark inside", "@a@b.txt", ["a@b.txt"]],
      ["hidden files and folders", "@.env @./x @../y @.. @.", [".env", "./x", "../y", "..", "."]],
      ["no address, no lone mark", 'me@example.com @ @"" @"x', []],
      ["no quote over lines", '@"a\nb"', []],
    ] as const,
  )("finds %s", ([, text, paths]) => expect(atPaths(text)).toEqual(paths));

  it("finds whatever was written for it, and only that", () => {
    const unit = fc.constantFrom(" ", ..."a b . / @ \" ' ) , ( 漢 \n".split(" "));
    const found = fc.property(fc.string({ unit, minLength: 1, maxLength: 8 }), (path) => {
      const written = writeAtPath(path, true);
      const read = written === null ? [path] : atPaths(`look at ${written}, please`);
      return read.length === 1 && read[0] === path;
    });
    expect(fc.check(found, { seed: 7, numRuns: 1_000 })).toMatchObject({ failed: false });
  });
});

describe("openAtPath()", () => {
  it("finds the path that is being typed, with its quote or without", () => {
    expect(openAtPath("see @sr")).toEqual({ path: "sr", start: 4 });
    expect(openAtPath('see @"a b')).toEqual({ path: "a b", start: 4 });
    expect(openAtPath("@")).toEqual({ path: "", start: 0 });
    expect(openAtPath("me@x")).toBeNull();
    expect(openAtPath('@"a b" ')).toBeNull();
  });
});

it("searches a prompt of a megabyte in no time to speak of", () => {
  for (const piece of ["@)", "(@", ")", '@"', " @"]) {
    const text = piece.repeat(500_000);
    expect(atPaths(`${text} x`).length).toBeLessThan(1_000_000);
    openAtPath(`${text} `);
  }
});
