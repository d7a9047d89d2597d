import type { Detection } from "../redactor.ts";
import { MAX_MATCH_LENGTH } from "./rule.ts";

const BEGIN = "-----BEGIN ";
const MAX_LABEL_LENGTH = 64;

/**
 * Finds PEM and PGP private keys: from BEGIN to the END of the same label, or to the cap when none follows.
 *
 * Threat: one pattern over repeated headers took seconds; this reads every character at most twice.
 *
 * @param text The text.
 * @returns The spans, class `credential`.
 */
export function privateKeys(text: string): readonly Detection[] {
  const found: Detection[] = [];
  let at = text.indexOf(BEGIN);
  while (at >= 0) {
    const header = text.slice(at + BEGIN.length, at + BEGIN.length + MAX_LABEL_LENGTH);
    const label = /^([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/.exec(header)?.[1];
    let next = at + BEGIN.length;
    if (label !== undefined) {
      const closing = `-----END ${label}-----`;
      const end = text.slice(at, at + MAX_MATCH_LENGTH).indexOf(closing);
      next = end < 0 ? Math.min(text.length, at + MAX_MATCH_LENGTH) : at + end + closing.length;
      found.push({ class: "credential", rule: "secret/private-key", start: at, end: next });
    }
    at = text.indexOf(BEGIN, next);
  }
  return found;
}
