import { namedValues } from "./detectors/named-values.ts";
import { personalData } from "./detectors/personal-data.ts";
import { privateKeys } from "./detectors/private-keys.ts";
import { matchShape, MAX_MATCH_LENGTH } from "./detectors/rule.ts";
import { loadSecretlint } from "./detectors/secretlint.ts";
import { SHAPES } from "./detectors/shapes.ts";
import type { Detection } from "./redactor.ts";

/** Longer texts are searched in windows of this length, in UTF-16 units. */
export const DETECT_WINDOW_LENGTH: number = 8 * 1024 * 1024;

/**
 * Finds what looks like a credential or personal data: the recommended rules of secretlint and our own. Heuristics:
 * they miss things and take harmless text for secrets; exact masking of known values is the guarantee.
 *
 * @example
 * ```ts
 * await detectText("mail me: ada@example.org"); // [{ class: "pii", rule: "pii/email", start: 9, end: 24 }]
 * ```
 * @param text Any text, untrusted.
 * @returns The hits in order; overlapping ones are kept apart.
 */
export async function detectText(text: string): Promise<readonly Detection[]> {
  const secretlint = await loadSecretlint();
  const found: Detection[] = [];
  const step = DETECT_WINDOW_LENGTH - 2 * MAX_MATCH_LENGTH;
  for (let from = 0; from === 0 || from + 2 * MAX_MATCH_LENGTH < text.length; from += step) {
    const window = from === 0 && text.length <= DETECT_WINDOW_LENGTH
      ? text
      : text.slice(from, from + DETECT_WINDOW_LENGTH);
    const hits = [
      ...(await secretlint(window)),
      ...SHAPES.flatMap((rule) => matchShape(window, rule)),
      ...namedValues(window),
      ...privateKeys(window),
      ...personalData(window),
    ];
    for (const hit of hits) found.push({ ...hit, start: hit.start + from, end: hit.end + from });
  }
  return unique(found);
}

function unique(found: readonly Detection[]): readonly Detection[] {
  const seen = new Set<string>();
  return found.toSorted((a, b) => a.start - b.start || b.end - a.end).filter((hit) => {
    const key = `${hit.rule} ${hit.start} ${hit.end}`;
    if (seen.has(key) || hit.end <= hit.start) return false;
    seen.add(key);
    return true;
  });
}
