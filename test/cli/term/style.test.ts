import { describe, expect, it, test } from "vitest";
import { PLAIN, styleFor } from "../../../cli/term/style.ts";

describe("styleFor()", () => {
  test.for(
    [
      ["a terminal", {}, true, true],
      ["a pipe", {}, false, false],
      ["NO_COLOR", { NO_COLOR: "1" }, true, false],
      ["an empty NO_COLOR", { NO_COLOR: "" }, true, true],
      ["a dumb terminal", { TERM: "dumb" }, true, false],
      ["FORCE_COLOR", { FORCE_COLOR: "1" }, false, true],
      ["FORCE_COLOR=0", { FORCE_COLOR: "0" }, true, false],
    ] as const,
  )("chooses for %s", ([, env, terminal, coloured]) => expect(styleFor(env, terminal) !== PLAIN).toBe(coloured));

  it("ends what it begins, and colours no nothing", () => {
    expect(styleFor({}, true).red("x")).toBe("\u001b[31mx\u001b[39m");
    expect(styleFor({}, true).bold("")).toBe("");
  });
});
