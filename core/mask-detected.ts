import { type PlaceholderKind, type Placeholders, placeholderShapes } from "./placeholders.ts";
import type { Detection, MaskedText } from "./redactor.ts";
import { Tally } from "./scanner/tally.ts";
import type { TextRange } from "./scanner/text-offsets.ts";
import type { Classification } from "./words.ts";

const KIND_BY_RULE: Readonly<Record<string, PlaceholderKind>> = {
  "pii/email": "EMAIL",
  "pii/card": "CARD",
  "pii/iban": "IBAN",
  "pii/ssn": "SSN",
  "pii/phone": "PHONE",
};

/**
 * Leaves out hits that say nothing new: inside a known value, or made of placeholders.
 *
 * @param text The text.
 * @param hits What the detectors found.
 * @param known Where known values stand.
 * @returns The rest.
 */
export function newDetections(
  text: string,
  hits: readonly Detection[],
  known: readonly TextRange[],
): readonly Detection[] {
  const covered = [...known, ...placeholderShapes(text)];
  return hits.filter((hit) => {
    let rest = "";
    let at = hit.start;
    for (const range of covered.toSorted((a, b) => a.start - b.start)) {
      if (range.end <= at || range.start >= hit.end) continue;
      rest += text.slice(at, Math.max(at, range.start));
      at = range.end;
    }
    rest += text.slice(Math.min(at, hit.end), hit.end);
    return /[A-Za-z0-9]{3}/.test(rest);
  });
}

/**
 * Puts placeholders in the place of hits.
 *
 * @param text The text.
 * @param hits The hits, in order of their starts.
 * @param options Which classes to mask, and the session's placeholders.
 * @returns The masked text and the counts.
 */
export function maskHits(
  text: string,
  hits: readonly Detection[],
  options: { readonly classes: readonly Classification[]; readonly placeholders: Placeholders },
): MaskedText {
  const tally = new Tally();
  let masked = "";
  let at = 0;
  for (const span of mergeHits(hits.filter((hit) => options.classes.includes(hit.class)))) {
    const value = new TextEncoder().encode(text.slice(span.start, span.end));
    const kind = KIND_BY_RULE[span.rule] ?? "CREDENTIAL";
    masked += text.slice(at, span.start) + options.placeholders.make(kind, value);
    tally.add({ class: span.class, by: span.rule });
    at = span.end;
  }
  return { text: masked + text.slice(at), redactions: tally.list() };
}

// Overlapping hits become one, named after the longest.
function mergeHits(hits: readonly Detection[]): readonly Detection[] {
  const merged: Detection[] = [];
  let longest = 0;
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    const length = hit.end - hit.start;
    if (last === undefined || hit.start >= last.end) {
      merged.push(hit);
      longest = length;
    } else {
      const name = length > longest ? hit : last;
      longest = Math.max(longest, length);
      merged[merged.length - 1] = { ...name, start: last.start, end: Math.max(last.end, hit.end) };
    }
  }
  return merged;
}
