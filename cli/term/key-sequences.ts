import type { Key, KeyName } from "./key.ts";

const MAX_SEQUENCE = 256;
// oxlint-disable-next-line no-control-regex -- these are the sequences of terminals
const CSI = /^\u001b\[([0-?]*)([ -/]*)([@-~])/;
// oxlint-disable-next-line no-control-regex
const CSI_OPEN = /^\u001b\[[0-?]*[ -/]*$/;
// Answers that a terminal sends by itself: operating system commands, device strings.
// oxlint-disable-next-line no-control-regex
const STRING = /^\u001b[\]P_^X](?:[^\u0007\u001b]|\u001b(?!\\))*(?:\u0007|\u001b\\)/;
// oxlint-disable-next-line no-control-regex
const STRING_OPEN = /^\u001b[\]P_^X]/;

/** What a sequence means. */
export interface Sequence {
  /** `paste` where one begins; `null` for what the terminal sends by itself. */
  readonly key: Key | "paste" | null;
  /** Characters of it. */
  readonly length: number;
}

/**
 * Reads the sequence that a text begins with.
 *
 * @param text Starts with Escape.
 * @returns What it means, or `null` when it has not ended: a lone Escape may be the start of one.
 */
export function escapeKey(text: string): Sequence | null {
  if (text.length === 1) return null;
  const csi = CSI.exec(text);
  if (csi !== null) return { key: csiKey(csi[1] ?? "", csi[3] ?? ""), length: csi[0].length };
  if (CSI_OPEN.test(text)) return text.length > MAX_SEQUENCE ? { key: named("unknown"), length: text.length } : null;
  if (STRING_OPEN.test(text)) {
    const whole = STRING.exec(text);
    if (whole !== null) return { key: null, length: whole[0].length };
    return text.length > MAX_SEQUENCE * 16 ? { key: named("unknown"), length: text.length } : null;
  }
  const second = text[1] ?? "";
  if (second === "O") {
    const letter = text[2];
    return letter === undefined ? null : { key: named(LETTERS[letter] ?? "unknown"), length: 3 };
  }
  if (second === "\u001b") return { key: named("escape"), length: 1 };
  const code = second.charCodeAt(0);
  if (code < 0x20 || code === 0x7f) return { key: { ...controlKey(code), alt: true }, length: 2 };
  const char = String.fromCodePoint(text.codePointAt(1) ?? 0);
  return { key: named(`char:${char}`, { alt: true }), length: 1 + char.length };
}

type NamedKey = Extract<Key, { kind: "key" }>;

/** A key that has a name, with what was held down. */
export function named(
  name: KeyName,
  modifiers: { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean } = {},
): NamedKey {
  return { kind: "key", name, ctrl: false, alt: false, shift: false, ...modifiers };
}

/** The key of a control character, as terminals have always sent them. */
export function controlKey(code: number): NamedKey {
  if (code === 0x0d) return named("enter");
  if (code === 0x09) return named("tab");
  if (code === 0x7f || code === 0x08) return named("backspace");
  if (code === 0) return named("char: ", { ctrl: true });
  return named(`char:${String.fromCharCode(code + 0x60)}`, { ctrl: true });
}

const LETTERS: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  M: "enter",
};
const NUMBERS: Readonly<Record<string, KeyName>> = {
  "1": "home",
  "2": "insert",
  "3": "delete",
  "4": "end",
  "5": "page-up",
  "6": "page-down",
  "7": "home",
  "8": "end",
};

function csiKey(parameters: string, final: string): Key | "paste" | null {
  const [first = "", second = "", third = ""] = parameters.split(";");
  if (final === "~" && first === "200") return "paste";
  if (final === "~" && first === "201") return null;
  if (final === "Z") return named("tab", { shift: true });
  if (final === "~" && first === "27") return codeKey(third, second);
  if (final === "u") return codeKey(first.split(":")[0] ?? "", second);
  // Reports that the terminal sends by itself: cursor position, device attributes, focus.
  if (final === "R" || final === "c" || final === "n" || final === "I" || final === "O" || final === "y") return null;
  const name = final === "~" ? NUMBERS[first] : LETTERS[final];
  return named(name ?? "unknown", modifiersOf(second));
}

/** A key given by its code point and modifiers, as newer terminals report them. */
function codeKey(code: string, modifiers: string): Key {
  const point = Number(code);
  const held = modifiersOf(modifiers);
  if (!Number.isInteger(point) || point < 0 || point > 0x10ffff) return named("unknown");
  if (point === 13) return named("enter", held);
  if (point === 9) return named("tab", held);
  if (point === 27) return named("escape", held);
  if (point === 127 || point === 8) return named("backspace", held);
  if (point < 0x20 || (point >= 0xd800 && point <= 0xdfff) || (point >= 0xe000 && point <= 0xf8ff)) {
    return named("unknown");
  }
  const char = String.fromCodePoint(point);
  return held.ctrl || held.alt ? named(`char:${char}`, held) : { kind: "text", text: char };
}

function modifiersOf(parameter: string): { ctrl: boolean; alt: boolean; shift: boolean } {
  const bits = Math.max(0, (Number(parameter.split(":")[0]) || 1) - 1);
  return { shift: (bits & 1) !== 0, alt: (bits & 2) !== 0, ctrl: (bits & 4) !== 0 };
}
