import { isWord } from "../core/mod.ts";
import { AuditError } from "./errors.ts";

/** How an event is written. */
export interface Bounds {
  /** Longest text, in bytes of UTF-8. */
  readonly textBytes: number;
  /** Most entries of a list. */
  readonly items: number;
  /** Masks secret values in a text, or `null` when the text was masked before. */
  readonly mask: ((text: string) => string) | null;
}

/** Writes one value as JSON in its one spelling, or gives `null` when it is absent. */
export type Shape = (value: unknown, bounds: Bounds) => string | null;

// Identifiers and digests that this program made; masking could only damage them.
const OWN_TOKEN = /^(?:(?:ses|exe|call)_[0-9A-Z]{26}|b2:[0-9a-f]{64}|sha256:[0-9a-f]{64})$/;
// Longer than any secret value, so that cutting before masking leaves no part of one in what is kept.
const MASK_WINDOW = 262_144;

/** A free text: masked, made well-formed, cut. */
export function text(value: unknown, bounds: Bounds): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "string") throw invalid("a text", value);
  return quote(cutText(maskText(value, bounds.mask), bounds.textBytes));
}

// Nothing in these is written otherwise in JSON; most texts are such ones, and this is faster.
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** A short printable text from outside, e.g. an id that an editor chose. */
export function ascii(maxLength: number): Shape {
  return function writeAscii(value, bounds) {
    if (value === null || value === undefined) return null;
    if (typeof value !== "string") throw invalid("a text", value);
    const plain = maskText(value, bounds.mask).replaceAll(/[^ -~]/g, "?").slice(0, maxLength);
    return JSON.stringify(plain);
  };
}

/** A member of a closed set. */
export function word(set: readonly string[]): Shape {
  return function writeWord(value) {
    if (value === null || value === undefined) return null;
    if (!isWord(set, value)) throw invalid(`one of ${set.slice(0, 4).join(", ")}, …`, value);
    return `"${value}"`;
  };
}

/** A whole number; fractions are rounded. */
export function integer(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const rounded = typeof value === "number" ? Math.round(value) : Number.NaN;
  if (!Number.isSafeInteger(rounded)) throw invalid("a number", value);
  // Adding zero turns -0 into 0: one spelling.
  return String(rounded + 0);
}

/** `true` or `false`. */
export function flag(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "boolean") throw invalid("true or false", value);
  return String(value);
}

/** A list; entries beyond the bound are left out, except that `tail` may stand for them. */
export function list(entry: Shape, tail?: (rest: number, all: string) => string): Shape {
  return function writeList(value, bounds) {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) throw invalid("a list", value);
    const all: readonly unknown[] = value;
    // One more is what `tail` added when the event was first written.
    const over = all.length > bounds.items + (tail === undefined || bounds.mask !== null ? 0 : 1);
    const parts = all.map((item) => entry(item, bounds) ?? "null");
    if (!over) return `[${parts.join(",")}]`;
    const kept = parts.slice(0, bounds.items);
    if (tail !== undefined) kept.push(tail(all.length - kept.length, parts.join(",")));
    return `[${kept.join(",")}]`;
  };
}

/** An object whose fields stand in the order given; absent ones are left out. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(fields).map(([name, shape]) => [name, `"${name}":`, shape] as const);
  return function writeObject(value, bounds) {
    if (value === null || value === undefined) return null;
    if (!isFields(value)) throw invalid("an object", value);
    let written = "";
    for (const [name, label, shape] of entries) {
      const field = value[name];
      // Most fields of most events are absent.
      if (field === undefined || field === null) continue;
      const part = shape(field, bounds);
      if (part !== null) written += (written === "" ? "" : ",") + label + part;
    }
    return `{${written}}`;
  };
}

/**
 * Cuts a text to a number of bytes; what is missing is said in its end.
 *
 * @param value Any text.
 * @param maxBytes Bound for the result in bytes of UTF-8, at least 32.
 * @returns The text, or its start and `…(+N bytes)`.
 */
export function cutText(value: string, maxBytes: number): string {
  if (value.length * 3 <= maxBytes) return value;
  const bytes = new TextEncoder().encode(value);
  if (bytes.length <= maxBytes) return value;
  let end = maxBytes - 24;
  // A byte 10xxxxxx continues a character: step back to where it starts.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…(+${bytes.length - end} bytes)`;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function maskText(value: string, mask: Bounds["mask"]): string {
  if (mask === null) return value;
  const whole = value.toWellFormed();
  if (OWN_TOKEN.test(whole)) return whole;
  return mask(whole.length > MASK_WINDOW ? whole.slice(0, MASK_WINDOW).toWellFormed() : whole);
}

function invalid(expected: string, value: unknown): AuditError {
  // The value itself stays out of the message: it may be anything.
  return new AuditError("EVENT_INVALID", `Cannot record event: expected ${expected}, received a ${typeof value}`);
}
