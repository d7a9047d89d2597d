import type { ApprovalPreview } from "../../core/mod.ts";
import type { Effect, Prepared, Presented } from "./tool.ts";

/** A preview of words alone. */
export function quietPreview(text: string): ApprovalPreview {
  return { kind: "text", text };
}

/**
 * Makes ready an effect that words alone describe, and that changes no file.
 *
 * @param effect What would run.
 * @param text What a person is shown of it; not masked.
 * @returns The effect with its preview.
 */
export function shownAsText(effect: Effect, text: string): Prepared {
  return { effect, preview: quietPreview(text), before: null, after: null };
}

/**
 * Writes a path where each line is one entry.
 *
 * \param path The path, untrusted.
 * \returns The path; as JSON where it holds a line break.
 */
export function pathInLine(path: string): string {
  // Threat: a file whose name goes on as an entry of its own, or as a hit in a file that there is not.
  return /[\n\r]/.test(path) ? JSON.stringify(path) : path;
}

/** What is presented when a tier answers another question than it was asked: an error, never a guess. */
export function unpresented(op: string): Presented {
  return {
    output: null,
    truncated: false,
    sources: [],
    classes: [],
    error: { code: "SANDBOX_FAILED", message: `Cannot read the outcome: the tier answered "${op}"`, hint: null },
  };
}
