import type { Redactor } from "../core/mod.ts";

/**
 * Masks a short text of ours that may name what was seen; if that fails the text is withheld, not the event.
 *
 * @param redactor Knows every secret value.
 * @param text A message, a title, a reason.
 * @returns The masked text.
 */
export function maskedText(redactor: Redactor, text: string): string {
  try {
    return redactor.mask(text).text;
  } catch {
    return "(withheld: masking failed)";
  }
}
