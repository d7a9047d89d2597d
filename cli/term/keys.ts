/** The names of keys that are not plain text. */
export type KeyName =
  | "enter"
  | "tab"
  | "escape"
  | "backspace"
  | "delete"
  | "insert"
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | "unknown"
  // Letters, digits and signs stand here only together with Ctrl or Alt.
  | `char:${string}`;

/** One thing that a person did on the keyboard. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | {
    readonly kind: "key";
    readonly name: KeyName;
    readonly ctrl: boolean;
    readonly alt: boolean;
    readonly shift: boolean;
  };

/** What the decoder remembers between two reads: a character, sequence or paste that has not ended yet. */
export interface KeyState {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Text of an open paste, or `null`. */
  readonly paste: string | null;
}

/** Nothing is open. */
export const NO_KEYS: KeyState = { bytes: new Uint8Array(0), text: "", paste: null };

/** The most characters kept of one paste; the rest is dropped. */
export const MAX_PASTE = 1_048_576;
const MAX_SEQUENCE = 256;
const PASTE_END = "\u001b[201~";
// oxlint-disable-next-line no-control-regex -- these are the sequences of terminals
const CSI = /^\u001b\[([0-?]*)([ -/]*)([@-~])/;
// oxlint-disable-next-line no-control-regex
const CSI_OPEN = /^\u001b\[[0-?]*[ -/]*$/;
// Answers that a terminal sends by itself: operating system commands, device strings.
// oxlint-disable-next-line no-control-regex
const STRING = /^\u001b[\]P_^X](?:[^\u0007\u001b]|\u001b(?!\\))*(?:\u0007|\u001b\\)/;
// oxlint-disable-next-line no-control-regex
const STRING_OPEN = /^\u001b[\]P_^X]/;

/**
 * Decodes what a terminal in raw mode sent.
 *
 * @param state What was open after the last read.
 * @param input The bytes of this read.
 * @returns The keys, and what is open now: a lone Escape stays open until {@link flushKeys}.
 */
export function decodeKeys(
  state: KeyState,
  input: Uint8Array,
): { readonly state: KeyState; readonly keys: readonly Key[] } {
  const joined = Uint8Array.from(Buffer.concat([state.bytes, input]));
  const whole = wholeCharacters(joined);
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(joined.subarray(0, whole));
  const scanned = scan(state.text + decoded, state.paste);
  return {
    state: { bytes: joined.slice(whole), text: scanned.open, paste: scanned.paste },
    keys: scanned.keys,
  };
}

/**
 * Ends what is open: a lone Escape is the key, an unfinished sequence is dropped, a paste goes on.
 *
 * @param state What was open.
 * @returns The keys, and what is open now.
 */
export function flushKeys(state: KeyState): { readonly state: KeyState; readonly keys: readonly Key[] } {
  if (state.paste !== null || state.text === "") return { state, keys: [] };
  return { state: { ...state, text: "" }, keys: [named(state.text === "\u001b" ? "escape" : "unknown")] };
}

/** Length of the prefix that does not end inside a UTF-8 character. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

interface Scanned {
  readonly keys: readonly Key[];
  readonly open: string;
  readonly paste: string | null;
}

function scan(input: string, openPaste: string | null): Scanned {
  const keys: Key[] = [];
  let text = input;
  let paste = openPaste;
  while (text !== "") {
    if (paste !== null) {
      const taken = takePaste(text, paste);
      if (taken.ended) keys.push({ kind: "paste", text: taken.paste });
      paste = taken.ended ? null : taken.paste;
      text = taken.rest;
      if (!taken.ended) break;
      continue;
    }
    const step = nextKey(text);
    if (step === null) break;
    if (step.key === "paste") paste = "";
    else if (step.key !== null) keys.push(step.key);
    text = text.slice(step.length);
  }
  return { keys, open: text, paste };
}

function takePaste(text: string, before: string): { ended: boolean; paste: string; rest: string } {
  const end = text.indexOf(PASTE_END);
  if (end >= 0) {
    return { ended: true, paste: cap(before + text.slice(0, end)), rest: text.slice(end + PASTE_END.length) };
  }
  // Keep what may be the start of the end mark.
  let keep = Math.min(PASTE_END.length - 1, text.length);
  while (keep > 0 && !PASTE_END.startsWith(text.slice(text.length - keep))) keep--;
  return { ended: false, paste: cap(before + text.slice(0, text.length - keep)), rest: text.slice(text.length - keep) };
}

function cap(text: string): string {
  return text.length > MAX_PASTE ? text.slice(0, MAX_PASTE) : text;
}

/** The first key of a text and its length, or `null` when it has not ended. */
function nextKey(text: string): { readonly key: Key | "paste" | null; readonly length: number } | null {
  const first = text.charCodeAt(0);
  if (first === 0x1b) return escapeKey(text);
  if (first < 0x20 || first === 0x7f) return { key: controlKey(first), length: 1 };
  // oxlint-disable-next-line no-control-regex
  const run = /^[^\u0000-\u001f\u007f]+/.exec(text)?.[0] ?? text.slice(0, 1);
  return { key: { kind: "text", text: run }, length: run.length };
}

function escapeKey(text: string): { readonly key: Key | "paste" | null; readonly length: number } | null {
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

function named(
  name: KeyName,
  modifiers: { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean } = {},
): NamedKey {
  return { kind: "key", name, ctrl: false, alt: false, shift: false, ...modifiers };
}

function controlKey(code: number): NamedKey {
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
