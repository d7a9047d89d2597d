import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseDotenv } from "../../../../cli/commands/vault/dotenv.ts";

function values(text: string): Record<string, string> {
  return Object.fromEntries(parseDotenv(text).entries.map(({ key, value }) => [key, value]));
}

describe("parseDotenv()", () => {
  test.for<readonly [string, Record<string, string>]>([
    ["A=1\nB=2", { A: "1", B: "2" }],
    ["\ufeffA=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["export A=1\n  export\tB = 2 ", { A: "1", B: "2" }],
    ["# comment\n\n   # another\nA=1", { A: "1" }],
    ["A=x # comment\nB=x#y\nC=#z", { A: "x", B: "x#y", C: "" }],
    ["A='$x # y' # c\nB=`q\"q`", { A: "$x # y", B: 'q"q' }],
    ['A="a\\nb\\t\\"c\\" \\\\ \\$d \\x"', { A: 'a\nb\t"c" \\ $d \\x' }],
    ['A="one\ntwo"\nB=3', { A: "one\ntwo", B: "3" }],
    ["A=\nB=''", { A: "", B: "" }],
    ["A=a=b=c", { A: "a=b=c" }],
    ["A_1.b-c=x", { "A_1.b-c": "x" }],
  ])("reads %j", ([text, expected]) => expect(values(text)).toEqual(expected));

  it("names the lines that are no assignment", () => {
    expect(parseDotenv('A=1\nnonsense\n1B=2\nC="open\n').bad).toEqual([2, 3, 4]);
    expect(parseDotenv("A='x' y").bad).toEqual([1]);
  });

  it("fills in nothing, and says which values refer to others", () => {
    const { entries } = parseDotenv('A=${B}x\nC="${D}"\nE=\'${F}\'\nG="\\${H}"\nI=a$b');
    expect(entries.map(({ key, value, refers }) => [key, value, refers])).toEqual([
      ["A", "${B}x", true],
      ["C", "${D}", true],
      ["E", "${F}", false],
      ["G", "${H}", false],
      ["I", "a$b", false],
    ]);
  });

  it("reads anything at all, and single-quoted values exactly", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.constantFrom("a", '"', "$", "\\", "#", " ", "\n", "`") }),
        (junk, value) => {
          expect(parseDotenv(junk).entries.length).toBeLessThanOrEqual(junk.length);
          expect(values(`A='${value}'`)).toEqual({ A: value });
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});
