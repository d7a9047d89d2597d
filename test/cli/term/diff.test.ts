import { describe, expect, it } from "vitest";
import { countDiff, unifiedDiff } from "../../../cli/term/diff.ts";

describe("unifiedDiff()", () => {
  it("shows three lines of context", () => {
    const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    expect(unifiedDiff(before, before.replace("5", "five"))).toEqual([
      "@@ -2,7 +2,7 @@",
      " 2",
      " 3",
      " 4",
      "-5",
      "+five",
      " 6",
      " 7",
      " 8",
    ]);
  });
  it("shows a new and a deleted file", () => {
    expect(countDiff(unifiedDiff(null, "a\nb\n"))).toEqual({ added: 2, removed: 0 });
    expect(countDiff(unifiedDiff("a\nb\n", null))).toEqual({ added: 0, removed: 2 });
  });
  it("is empty when nothing differs", () => expect(unifiedDiff("a\n", "a\n")).toEqual([]));
  it("makes what hides visible", () => {
    expect(unifiedDiff("", "a\u001b[2K\u202eb\n").at(-1)).toBe("+a\\u{1b}[2K\\u{202e}b");
    expect(unifiedDiff("", `x${" ".repeat(40)}y\n`).at(-1)).toBe("+x[40 spaces]y");
  });
  it("keeps indentation, and shows a change of blanks", () => {
    expect(unifiedDiff("", `${" ".repeat(12)}x\n`).at(-1)).toBe(`+${" ".repeat(12)}x`);
    expect(unifiedDiff("\tx\n", "    x\n").slice(1)).toEqual(["-→   x", "+    x"]);
  });
  it("does not show the line ends of a file that has them throughout", () => {
    expect(unifiedDiff("a\r\nb\r\n", "a\r\nc\r\n").slice(1)).toEqual([" a", "-b", "+c"]);
  });
});
