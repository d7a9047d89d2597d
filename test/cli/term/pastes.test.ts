import { describe, expect, it } from "vitest";
import { joinInputs, keptPastes } from "../../../cli/term/pastes.ts";

describe("keptPastes()", () => {
  it("keeps the pastes whose marks still stand in the text, numbered anew", () => {
    const input = { text: "x [paste 2: 3 lines] y [paste 9: 1 lines]", pastes: ["first", "second"] };
    expect(keptPastes(input)).toEqual({ text: "x [paste 1: 3 lines] y [paste 9: 1 lines]", pastes: ["second"] });
  });
});

describe("joinInputs()", () => {
  it("makes one input of several, its pastes numbered through", () => {
    const inputs = [
      { text: "see [paste 1: 2 lines]", pastes: ["a\nb"] },
      { text: "", pastes: [] },
      { text: "and [paste 2: 2 lines], [paste 1: 3 lines], [paste 7: x", pastes: ["c\nd\ne", "f\ng"] },
    ];
    expect(joinInputs(inputs)).toEqual({
      text: "see [paste 1: 2 lines]\nand [paste 3: 2 lines], [paste 2: 3 lines], [paste 7: x",
      pastes: ["a\nb", "c\nd\ne", "f\ng"],
    });
  });
});
