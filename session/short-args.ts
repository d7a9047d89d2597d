import { stringsOf } from "./mask-json.ts";

/** Texts in arguments up to this length stay as they are. */
const MAX_TEXT = 512;
/** Arguments that are larger although every text in them is short: as many keys as fit. */
const MAX_BYTES = 16 * 1_024;

/**
 * Shortens arguments that are no longer needed: of a call that never became one, or of one that is long past. Long texts
 * keep their first letters.
 *
 * Threat: a reply of megabytes that no tool takes fills the context of every request after it.
 *
 * @param args Arguments as the model wrote them, masked or not; nested no deeper than arguments may be.
 * @returns The same arguments with short texts; their size alone where that is not enough.
 */
export function shortArgs(args: unknown): unknown {
  const short = stringsOf(args).every((text) => text.length <= MAX_TEXT) ? args : shorten(args);
  const bytes = sizeOf(short);
  return bytes <= MAX_BYTES ? short : { left_out: `${sizeOf(args)} bytes of arguments` };
}

function shorten(value: unknown): unknown {
  if (typeof value === "string") return shortText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => shorten(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [shortText(key), shorten(item)]),
  );
}

function shortText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT).toWellFormed()}[left out: ${Buffer.byteLength(text)} bytes in all]`;
}

function sizeOf(args: unknown): number {
  return Buffer.byteLength(JSON.stringify(args) ?? "");
}
