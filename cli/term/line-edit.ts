import type { Key } from "./key.ts";

/** A text being typed. */
export interface LineState {
  readonly text: string;
  /** UTF-16 offset of the cursor; never inside a surrogate pair. */
  readonly cursor: number;
  /** Position in the history; its length means the text is new. */
  readonly at: number;
  /** What was typed before the history was looked at. */
  readonly draft: string;
  /** Texts of several lines that were pasted; each stands in `text` as `[paste N: M lines]`. */
  readonly pastes: readonly string[];
}

/** What a key leads to. */
export type LineStep =
  | { readonly kind: "edit"; readonly state: LineState }
  | { readonly kind: "send"; readonly text: string; readonly pastes: readonly string[] }
  | { readonly kind: "interrupt" | "end" | "mode" | "escape" };

/** The most characters of one input. */
export const MAX_INPUT = 1_048_576;

/**
 * Starts an input.
 *
 * @param history Earlier inputs, oldest first.
 * @param text What it starts with.
 * @returns The state, cursor at the end.
 */
export function startLine(history: readonly string[], text = ""): LineState {
  return { text, cursor: text.length, at: history.length, draft: text, pastes: [] };
}

/**
 * Says what a key does to an input. Enter sends; Ctrl+J, Alt+Enter, Shift+Enter and a backslash before Enter break the
 * line; a paste never sends.
 *
 * @param state The input.
 * @param key One key.
 * @param history Earlier inputs, oldest first.
 * @returns What follows.
 */
export function lineStep(state: LineState, key: Key, history: readonly string[]): LineStep {
  if (key.kind === "text") return insert(state, key.text);
  if (key.kind === "paste") return paste(state, key.text.replaceAll(/\r\n?/g, "\n").replace(/\n$/, ""));
  if (key.ctrl && key.name.startsWith("char:")) return controlStep(state, key.name.slice(5));
  switch (key.name) {
    case "enter":
      return enter(state, key.alt || key.shift);
    case "tab":
      return key.shift ? { kind: "mode" } : same(state);
    case "escape":
      return { kind: "escape" };
    case "backspace":
      return remove(state, key.alt ? wordStart(state) : before(state.text, state.cursor), state.cursor);
    case "delete":
      return remove(state, state.cursor, after(state.text, state.cursor));
    case "left":
      return move(state, key.ctrl || key.alt ? wordStart(state) : before(state.text, state.cursor));
    case "right":
      return move(state, key.ctrl || key.alt ? wordEnd(state) : after(state.text, state.cursor));
    case "home":
      return move(state, lineStart(state));
    case "end":
      return move(state, lineEnd(state));
    case "up":
      return lineAbove(state) ?? recall(state, history, -1);
    case "down":
      return lineBelow(state) ?? recall(state, history, 1);
    default:
      return same(state);
  }
}

function controlStep(state: LineState, letter: string): LineStep {
  switch (letter) {
    case "a":
      return move(state, lineStart(state));
    case "b":
      return move(state, before(state.text, state.cursor));
    case "c":
      return { kind: "interrupt" };
    case "d":
      return state.text === "" ? { kind: "end" } : remove(state, state.cursor, after(state.text, state.cursor));
    case "e":
      return move(state, lineEnd(state));
    case "f":
      return move(state, after(state.text, state.cursor));
    case "j":
      return insert(state, "\n");
    case "k":
      return remove(state, state.cursor, lineEnd(state));
    case "u":
      return remove(state, lineStart(state), state.cursor);
    case "w":
      return remove(state, wordStart(state), state.cursor);
    default:
      return same(state);
  }
}

function enter(state: LineState, breaks: boolean): LineStep {
  if (breaks) return insert(state, "\n");
  if (state.text.slice(0, state.cursor).endsWith("\\")) {
    return insert({ ...state, text: cut(state.text, state.cursor - 1, state.cursor), cursor: state.cursor - 1 }, "\n");
  }
  return { kind: "send", text: state.text, pastes: state.pastes };
}

function same(state: LineState): LineStep {
  return { kind: "edit", state };
}

function move(state: LineState, cursor: number): LineStep {
  return same({ ...state, cursor });
}

function insert(state: LineState, text: string): LineStep {
  const room = MAX_INPUT - state.text.length;
  const added = text.slice(0, Math.max(0, room));
  const next = state.text.slice(0, state.cursor) + added + state.text.slice(state.cursor);
  return same({ ...state, text: next, cursor: state.cursor + added.length });
}

/** Threat: pasted text is not the person's own words. More than one line of it goes along as data, not as the prompt. */
function paste(state: LineState, text: string): LineStep {
  const lines = text.split("\n").length;
  if (lines === 1) return insert(state, text);
  return insert({ ...state, pastes: [...state.pastes, text] }, `[paste ${state.pastes.length + 1}: ${lines} lines]`);
}

function remove(state: LineState, from: number, to: number): LineStep {
  return same({ ...state, text: cut(state.text, from, to), cursor: from });
}

function cut(text: string, from: number, to: number): string {
  return text.slice(0, from) + text.slice(to);
}

/** The same place in the line above, or `null` in the first one: there, Up looks into the history. */
function lineAbove(state: LineState): LineStep | null {
  const start = lineStart(state);
  if (start === 0) return null;
  return move(state, placeIn(state, lineStart({ ...state, cursor: start - 1 })));
}

function lineBelow(state: LineState): LineStep | null {
  const end = lineEnd(state);
  return end === state.text.length ? null : move(state, placeIn(state, end + 1));
}

/** As many characters into the line at `start` as the cursor stands in its own; at its end where that is shorter. */
function placeIn(state: LineState, start: number): number {
  const end = lineEnd({ ...state, cursor: start });
  let cursor = start;
  for (const _ of SEGMENTS.segment(state.text.slice(lineStart(state), state.cursor))) {
    if (cursor >= end) break;
    cursor = after(state.text, cursor);
  }
  return Math.min(cursor, end);
}

function recall(state: LineState, history: readonly string[], step: number): LineStep {
  const at = state.at + step;
  if (at < 0 || at > history.length) return same(state);
  const draft = state.at === history.length ? state.text : state.draft;
  const text = at === history.length ? draft : history[at] ?? "";
  return same({ ...state, text, cursor: text.length, at, draft });
}

const SEGMENTS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Offset of the character before; a character is what a person sees as one. */
function before(text: string, cursor: number): number {
  // Looking back from the start of the line keeps long inputs fast.
  const from = text.lastIndexOf("\n", cursor - 1) + 1;
  if (from >= cursor) return Math.max(0, cursor - 1);
  let last = from;
  for (const { index } of SEGMENTS.segment(text.slice(from, cursor))) last = from + index;
  return last;
}

function after(text: string, cursor: number): number {
  const first = SEGMENTS.segment(text.slice(cursor, cursor + 64))[Symbol.iterator]().next();
  return first.done === true ? cursor : cursor + first.value.segment.length;
}

function wordStart(state: LineState): number {
  const head = state.text.slice(0, state.cursor);
  return head.length - (/\S*\s*$/.exec(head)?.[0].length ?? 0);
}

function wordEnd(state: LineState): number {
  return state.cursor + (/^\s*\S*/.exec(state.text.slice(state.cursor))?.[0].length ?? 0);
}

function lineStart(state: LineState): number {
  return state.text.lastIndexOf("\n", state.cursor - 1) + 1;
}

function lineEnd(state: LineState): number {
  const end = state.text.indexOf("\n", state.cursor);
  return end < 0 ? state.text.length : end;
}
