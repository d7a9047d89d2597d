import { describe, expect, it } from "vitest";
import { type HistorySearch, searchStep, startSearch } from "../../../cli/term/history-search.ts";
import type { Key } from "../../../cli/term/key.ts";

const HISTORY = ["read a.ts", "run tests", "read b.ts", "list"];
const AGAIN: Key = { kind: "key", name: "char:r", ctrl: true, alt: false, shift: false };

function key(name: "enter" | "escape" | "backspace" | "left"): Key {
  return { kind: "key", name, ctrl: false, alt: false, shift: false };
}

function after(...keys: readonly Key[]): HistorySearch {
  let search = startSearch(HISTORY);
  for (const next of keys) {
    const step = searchStep(search, next, HISTORY);
    if (step.kind === "search") search = step.search;
  }
  return search;
}

describe("searchStep()", () => {
  it("finds the newest hit, then older ones, whatever the case", () => {
    expect(after({ kind: "text", text: "REA" }).at).toBe(2);
    expect(after({ kind: "text", text: "rea" }, AGAIN).at).toBe(0);
    // Nothing older: the hit stays.
    expect(after({ kind: "text", text: "rea" }, AGAIN, AGAIN).at).toBe(0);
  });

  it("takes the hit into the input with Enter and does not send it; other keys go on with it", () => {
    const search = after({ kind: "text", text: "tests" });
    expect(searchStep(search, key("enter"), HISTORY)).toEqual({ kind: "accept", text: "run tests", again: false });
    expect(searchStep(search, key("left"), HISTORY)).toEqual({ kind: "accept", text: "run tests", again: true });
  });

  it("leaves with Escape, and with Enter when nothing was found", () => {
    expect(searchStep(after({ kind: "text", text: "rea" }), key("escape"), HISTORY).kind).toBe("cancel");
    expect(searchStep(startSearch(HISTORY), key("enter"), HISTORY).kind).toBe("cancel");
  });

  it("widens again with Backspace", () => {
    expect(after({ kind: "text", text: "run" }, key("backspace"), key("backspace")).at).toBe(2);
  });
});
