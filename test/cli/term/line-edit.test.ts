import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Key } from "../../../cli/term/key.ts";
import { type LineState, lineStep, startLine } from "../../../cli/term/line-edit.ts";
import { inputRegion } from "../../../cli/term/input-region.ts";

function special(name: string, held: object = {}): Key {
  return { kind: "key", name, ctrl: false, alt: false, shift: false, ...held } as Key;
}

function typed(state: LineState, keys: readonly (Key | string)[], history: readonly string[] = []): LineState {
  let now = state;
  for (const key of keys) {
    const step = lineStep(now, typeof key === "string" ? { kind: "text", text: key } : key, history);
    if (step.kind === "edit") now = step.state;
  }
  return now;
}

const CTRL = { ctrl: true };

describe("lineStep()", () => {
  test.for(
    [
      ["types at the cursor", ["ac", special("left"), "b"], "abc"],
      ["deletes a whole character", ["a👍🏽", special("backspace")], "a"],
      ["deletes ahead", ["ab", special("home"), special("delete")], "b"],
      ["deletes a word", ["one two", special("char:w", CTRL)], "one "],
      ["deletes to the end", ["abc", special("char:a", CTRL), special("right"), special("char:k", CTRL)], "a"],
      ["deletes to the start", ["abc", special("left"), special("char:u", CTRL)], "c"],
      ["breaks the line", ["a", special("char:j", CTRL), "b", special("enter", { shift: true }), "c"], "a\nb\nc"],
      ["breaks the line after a backslash", ["a\\", special("enter"), "b"], "a\nb"],
      ["moves by words", ["one two", special("left", CTRL), "x"], "one xtwo"],
    ] as const,
  )("%s", ([, keys, text]) => expect(typed(startLine([]), keys).text).toBe(text));

  it("sends with Enter, never with a paste", () => {
    const pasted = typed(startLine([]), ["look: ", { kind: "paste", text: "a\r\nb\n" }]);
    expect(pasted.text).toBe("look: [paste 1: 2 lines]");
    expect(lineStep(pasted, special("enter"), [])).toEqual({
      kind: "send",
      text: "look: [paste 1: 2 lines]",
      pastes: ["a\nb"],
    });
  });

  it("recalls earlier inputs and comes back to the draft", () => {
    const history = ["first", "second"];
    const up = typed(startLine(history), ["draft", special("up"), special("up"), special("up")], history);
    expect(up.text).toBe("first");
    expect(typed(up, [special("down"), special("down")], history).text).toBe("draft");
  });

  it("goes through the lines of an input before it looks into the history", () => {
    const history = ["first"];
    const lines = typed(startLine(history), ["漢字 wide\nb\n👍🏽 third"], history);
    const up = typed(lines, [special("up")], history);
    expect([up.text === lines.text, up.cursor]).toEqual([true, "漢字 wide\nb".length]);
    expect(typed(up, [special("up"), "X"], history).text).toBe("漢X字 wide\nb\n👍🏽 third");
    expect(typed(up, [special("down"), "X"], history).text).toBe("漢字 wide\nb\n👍🏽X third");
    expect(typed(up, [special("up"), special("up")], history).text).toBe("first");
    expect(typed(up, [special("up"), special("up"), special("down")], history).text).toBe(lines.text);
  });

  it("tells interrupt, end, mode and escape apart", () => {
    const empty = startLine([]);
    expect(lineStep(empty, special("char:c", CTRL), []).kind).toBe("interrupt");
    expect(lineStep(empty, special("char:d", CTRL), []).kind).toBe("end");
    expect(lineStep(typed(empty, ["a"]), special("char:d", CTRL), []).kind).toBe("edit");
    expect(lineStep(empty, special("tab", { shift: true }), []).kind).toBe("mode");
    expect(lineStep(empty, special("escape"), []).kind).toBe("escape");
  });

  it("keeps the cursor inside the text whatever is typed", () => {
    const keys = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }).map((text): Key => ({ kind: "text", text })),
      fc.constantFrom("left", "right", "up", "down", "home", "end", "backspace", "delete").map((name) => special(name)),
      fc.constantFrom("a", "e", "k", "u", "w", "j", "b", "f").map((letter) => special(`char:${letter}`, CTRL)),
    );
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 30 }), (list) => {
        const state = typed(startLine(["old", "älter"]), list, ["old", "älter"]);
        expect(state.cursor).toBeGreaterThanOrEqual(0);
        expect(state.cursor).toBeLessThanOrEqual(state.text.length);
        const region = inputRegion(state, { columns: 20, maxLines: 5, prompt: "> ", status: "ok" });
        expect(region.lines.length).toBeLessThanOrEqual(6);
        expect(region.row).toBeLessThan(region.lines.length - 1);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
