import type { Detection } from "../redactor.ts";

/** One shape of secret. Its pattern is bounded, and anchored so that no character is read more than a few times. */
export interface ShapeRule {
  /** E.g. `secret/jwt`. */
  readonly id: string;
  /** Texts without any of these are not searched at all. */
  readonly literals: readonly string[];
  /** Global; group 1, where it matched, is the secret, else the whole match is. */
  readonly pattern: RegExp;
  /** A last look at the secret; absent means every match counts. */
  readonly accept?: (secret: string) => boolean;
}

/** No match is longer than this, in UTF-16 units. */
export const MAX_MATCH_LENGTH = 16_384;

/**
 * Finds all matches of a shape.
 *
 * @param text The text.
 * @param rule The shape.
 * @returns The spans of the secrets, class `credential`.
 */
export function matchShape(text: string, rule: ShapeRule): readonly Detection[] {
  if (!rule.literals.some((literal) => text.includes(literal))) return [];
  const found: Detection[] = [];
  for (const match of text.matchAll(rule.pattern)) {
    const secret = match[1] ?? match[0];
    if (rule.accept?.(secret) === false) continue;
    // A group that is the secret stands at the end of its match, but for a closing quote.
    const start = match.index + match[0].lastIndexOf(secret);
    found.push({ class: "credential", rule: rule.id, start, end: start + secret.length });
  }
  return found;
}
