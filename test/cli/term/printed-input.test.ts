import { describe, expect, it } from "vitest";
import { printedInput } from "../../../cli/term/printed-input.ts";

describe("printedInput()", () => {
  it("prints all of an input, and pastes that are short", () => {
    const lines = printedInput({ text: "look at [paste 1: 2 lines]\nthen go on", pastes: ["one\ntwo"] }, 80);
    expect(lines.map((line) => line.trimEnd()).filter((line) => line !== "")).toEqual([
      "> look at [paste 1: 2 lines]",
      "  then go on",
      "  | one",
      "  | two",
    ]);
  });

  it("leaves a long paste the mark that it is", () => {
    const pasted = Array.from({ length: 11 }, (_, at) => `line ${at}`).join("\n");
    expect(printedInput({ text: "[paste 1: 11 lines]", pastes: [pasted] }, 80).join("\n")).not.toContain("line 3");
  });

  it("prints nothing that a terminal acts on", () => {
    const text = printedInput({ text: "a\u001b[2J", pastes: ["b\u001b[31m"] }, 80).join("\n");
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/\u001b/);
  });
});
