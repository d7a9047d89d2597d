import { inputRegion, PROMPT } from "./input-region.ts";
import { startLine } from "./line-edit.ts";
import type { PastedInput } from "./pastes.ts";
import { sanitizeLine } from "./sanitize.ts";

/** Longer pastes stay a mark. */
const SHOWN_PASTE_LINES = 10;

/**
 * Writes what stays on the screen of an input: all of it, and the pastes that are short.
 *
 * @param input The input, untrusted.
 * @param columns Width of the terminal.
 * @returns Lines safe for a terminal.
 */
export function printedInput(input: PastedInput, columns: number): readonly string[] {
  const view = { columns, maxLines: Number.MAX_SAFE_INTEGER, prompt: PROMPT, status: "" };
  const lines = [...inputRegion(startLine([], input.text), view).lines];
  for (const paste of input.pastes) {
    const pasted = paste.split("\n");
    if (pasted.length <= SHOWN_PASTE_LINES) lines.push(...pasted.map((line) => `  | ${sanitizeLine(line)}`));
  }
  return lines;
}
