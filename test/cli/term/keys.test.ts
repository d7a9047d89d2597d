import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Key } from "../../../cli/term/key.ts";
import { decodeKeys, flushKeys, MAX_PASTE, NO_KEYS } from "../../../cli/term/keys.ts";

const ESC = "\u001b";

function keysOf(...chunks: readonly (string | Uint8Array)[]): readonly Key[] {
  let state = NO_KEYS;
  const keys: Key[] = [];
  for (const chunk of chunks) {
    const decoded = decodeKeys(state, typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    state = decoded.state;
    keys.push(...decoded.keys);
  }
  return [...keys, ...flushKeys(state).keys];
}

function named(name: string, modifiers: object = {}): object {
  return { kind: "key", name, ctrl: false, alt: false, shift: false, ...modifiers };
}

describe("decodeKeys()", () => {
  test.for(
    [
      ["Enter", "\r", named("enter")],
      ["Ctrl+J", "\n", named("char:j", { ctrl: true })],
      ["Ctrl+C", "\u0003", named("char:c", { ctrl: true })],
      ["Backspace", "\u007f", named("backspace")],
      ["Shift+Tab", `${ESC}[Z`, named("tab", { shift: true })],
      ["Up", `${ESC}[A`, named("up")],
      ["Up in application mode", `${ESC}OA`, named("up")],
      ["Ctrl+Left", `${ESC}[1;5D`, named("left", { ctrl: true })],
      ["Delete", `${ESC}[3~`, named("delete")],
      ["Alt+Enter", `${ESC}\r`, named("enter", { alt: true })],
      ["Shift+Enter of newer terminals", `${ESC}[13;2u`, named("enter", { shift: true })],
      ["Ctrl+C of newer terminals", `${ESC}[99;5u`, named("char:c", { ctrl: true })],
      ["Alt+b", `${ESC}b`, named("char:b", { alt: true })],
      ["Escape alone", ESC, named("escape")],
      ["text", "naïve 漢", { kind: "text", text: "naïve 漢" }],
      ["a paste", `${ESC}[200~a\r\nb${ESC}[201~`, { kind: "paste", text: "a\r\nb" }],
    ] as const,
  )("reads %s", ([, bytes, key]) => expect(keysOf(bytes)).toEqual([key]));

  it("drops what a terminal says by itself", () => {
    expect(keysOf(`${ESC}]11;rgb:00/00/00${ESC}\\x`, `${ESC}[12;40Ry`, `${ESC}[?62;c`)).toEqual([
      { kind: "text", text: "x" },
      { kind: "text", text: "y" },
    ]);
  });

  it("takes text with control characters inside a paste as text, not as keys", () => {
    expect(keysOf(`${ESC}[200~y\r\u0003${ESC}[A${ESC}[201~`)).toEqual([{ kind: "paste", text: `y\r\u0003${ESC}[A` }]);
  });

  it("caps a paste and an unfinished sequence", () => {
    const [key] = keysOf(`${ESC}[200~${"x".repeat(MAX_PASTE + 10)}${ESC}[201~`);
    expect(key).toMatchObject({ kind: "paste" });
    expect(key?.kind === "paste" ? key.text.length : 0).toBe(MAX_PASTE);
    expect(keysOf(`${ESC}[${"1;".repeat(400)}`)).toEqual([named("unknown")]);
  });

  it("gives the same keys however the bytes were cut", () => {
    const input = new TextEncoder().encode(`a漢${ESC}[A${ESC}[200~p${ESC}[2\r🙂${ESC}[201~${ESC}[1;5Cz${ESC}[99;5u\r`);
    const whole = keysOf(input);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: input.length - 1 }), { maxLength: 8 }), (cuts) => {
        const at = [0, ...new Set(cuts.toSorted((a, b) => a - b)), input.length];
        const chunks = at.slice(1).map((end, index) => input.slice(at[index], end));
        // A cut inside text gives its parts as they come.
        expect(joined(keysOf(...chunks))).toEqual(joined(whole));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(keysOf(bytes).length).toBeLessThanOrEqual(bytes.length + 1);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

function joined(keys: readonly Key[]): readonly Key[] {
  const result: Key[] = [];
  for (const key of keys) {
    const last = result.at(-1);
    if (key.kind === "text" && last?.kind === "text") {
      result[result.length - 1] = { kind: "text", text: last.text + key.text };
    } else result.push(key);
  }
  return result;
}
