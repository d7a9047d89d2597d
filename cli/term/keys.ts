import type { Key } from "./key.ts";
import { controlKey, escapeKey, named, type Sequence } from "./key-sequences.ts";

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
const PASTE_END = "\u001b[201~";
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
function nextKey(text: string): Sequence | null {
  const first = text.charCodeAt(0);
  if (first === 0x1b) return escapeKey(text);
  if (first < 0x20 || first === 0x7f) return { key: controlKey(first), length: 1 };
  // oxlint-disable-next-line no-control-regex
  const run = /^[^\u0000-\u001f\u007f]+/.exec(text)?.[0] ?? text.slice(0, 1);
  return { key: { kind: "text", text: run }, length: run.length };
}
