import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { sanitize, sanitizeJson, sanitizeLine } from "../../../cli/term/sanitize.ts";

const ESC = "\u001b";
// Anything a terminal acts on, hides or reorders by.
const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{Cs}]/u;

describe("sanitize()", () => {
  test.for(
    [
      ["an escape sequence", `a${ESC}[2Jb`, "a\\u{1b}[2Jb"],
      ["a C1 control that some terminals take for an escape", "a\u009b2Jb", "a\\u{9b}2Jb"],
      ["a carriage return that would overwrite the line", "allowed\rdenied ", "allowed\\u{d}denied "],
      ["a backspace", "rm\b\bls", "rm\\u{8}\\u{8}ls"],
      ["bidi overrides", "\u202egpj.exe", "\\u{202e}gpj.exe"],
      ["zero width characters", "pay\u200bpal", "pay\\u{200b}pal"],
      ["tag characters", "x\u{e0041}", "x\\u{e0041}"],
      ["an empty-looking filler", "\u3164\u115f\u2800", "\\u{3164}\\u{115f}\\u{2800}"],
      ["foreign blanks", "a\u00a0b\u3000c", "a\\u{a0}b\\u{3000}c"],
      ["line separators", "a\u2028b", "a\\u{2028}b"],
      ["lone surrogates", "a\ud800b", "a\\u{d800}b"],
      ["a byte order mark", "\ufeffa", "\\u{feff}a"],
    ] as const,
  )("makes %s visible", ([, text, shown]) => expect(sanitize(text)).toBe(shown));

  it("keeps ordinary text, line feeds, tabs and the end of a line from other systems", () => {
    expect(sanitize("naïve 漢字 🙂\n\tcode  here\r\nend")).toBe("naïve 漢字 🙂\n\tcode  here\nend");
  });

  it("never lets anything through that a terminal acts on", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(sanitize(text).replaceAll(/[\n\t]/g, "")).not.toMatch(ACTIVE);
        expect(sanitizeLine(text)).not.toMatch(ACTIVE);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe("sanitizeLine()", () => {
  it("keeps one line", () => expect(sanitizeLine("a\nb\tc")).toBe("a\\nb\\tc"));
  it("counts blanks that would push the end out of view", () => {
    expect(sanitizeLine(`ls${" ".repeat(60)}; rm -rf x`)).toBe("ls[60 spaces]; rm -rf x");
    expect(sanitizeLine(`ls${" ".repeat(8)}x`)).toBe("ls        x");
  });
});

describe("sanitizeJson()", () => {
  it("escapes without changing the value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const json = sanitizeJson(JSON.stringify({ text }));
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(ACTIVE);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
