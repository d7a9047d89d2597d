import { spellingsOf } from "../../../core/scanner/encodings.ts";
import { sequenceLength } from "../../../core/scanner/terminal-sequence.ts";

/** What is left out: the rule of the scanner, written in another way. */
const IGNORED = /^[\p{Cc} \p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;

/** A byte that counts and where it stands. */
interface Letter {
  readonly byte: number;
  readonly at: number;
}

/**
 * The scanner as one would write it without caring for speed: normalise, search every spelling at every place, union.
 * Only for texts that are valid UTF-8.
 */
export function naiveSpans(bytes: Uint8Array, values: readonly Uint8Array[]): readonly (readonly [number, number])[] {
  const patterns = values.flatMap((value) => spellingsOf(value).map((spelling) => spelling.bytes));
  const plain = search(letters(bytes, false), patterns);
  const terminal = search(letters(bytes, true), patterns);
  return merge([...plain, ...terminal]);
}

function letters(bytes: Uint8Array, skipSequences: boolean): readonly Letter[] {
  const found: Letter[] = [];
  for (let at = 0; at < bytes.length;) {
    const sequence = skipSequences ? sequenceLength(bytes, at, bytes.length) : 0;
    if (sequence > 0) {
      at += sequence;
      continue;
    }
    const width = widthOf(bytes[at] ?? 0);
    const character = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(at, at + width));
    if (!IGNORED.test(character)) { for (let i = at; i < at + width; i++) found.push({ byte: bytes[i] ?? 0, at: i }); }
    at += width;
  }
  return found;
}

function search(text: readonly Letter[], patterns: readonly Uint8Array[]): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const pattern of patterns) {
    for (let i = 0; i + pattern.length <= text.length; i++) {
      if (!pattern.every((byte, k) => text[i + k]?.byte === byte)) continue;
      spans.push([text[i]?.at ?? 0, (text[i + pattern.length - 1]?.at ?? 0) + 1]);
    }
  }
  return spans;
}

function merge(spans: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const merged: [number, number][] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = merged.at(-1);
    if (last === undefined || start >= last[1]) merged.push([start, end]);
    else last[1] = Math.max(last[1], end);
  }
  return merged;
}

function widthOf(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
