import { describe, expect, it, test } from "vitest";
import { MAX_SEQUENCE_BYTES, sequenceLength } from "../../../core/scanner/terminal-sequence.ts";
import { utf8 } from "../../support/core-rig.ts";

describe("sequenceLength()", () => {
  test.for<readonly [string, number]>([
    ["\u001b[31m", 5],
    ["\u001b[38;5;1;2:3m.", 13],
    ["\u001b[?25l", 6],
    ["\u001b[ q", 4],
    ["\u001b]0;title\u0007", 10],
    ["\u001b]8;;http://x\u001b\\", 15],
    ["\u001bPabc\u001b\\x", 7],
    ["\u001b(B", 3],
    ["\u001bM", 2],
    ["\u001b7", 2],
    ["\u009b31m", 5],
    ["\u009d0;t\u0007", 6],
    ["\u0085", 2],
    ["a", 0],
    ["é", 0],
    ["\u001b\u0001", 0],
    ["\u001b[\u0001", 0],
    ["\u001b", -1],
    ["\u001b[31", -1],
    ["\u001b]0;title", -1],
  ])("%j: %j", ([source, expected]) => {
    const bytes = utf8(source);
    expect(sequenceLength(bytes, 0, bytes.length)).toBe(expected);
  });

  it("takes nothing longer than 256 bytes for a sequence", () => {
    const fits = utf8(`\u001b]${"x".repeat(MAX_SEQUENCE_BYTES - 3)}\u0007`);
    const longer = utf8(`\u001b]${"x".repeat(MAX_SEQUENCE_BYTES - 2)}\u0007`);
    expect([sequenceLength(fits, 0, fits.length), sequenceLength(longer, 0, longer.length)]).toEqual([256, 0]);
  });
});
