import { concatBytes } from "./concat-bytes.ts";
import { blake2b } from "./digest.ts";
import type { Random } from "./ports.ts";

/** What a placeholder may stand for. */
export const PLACEHOLDER_KINDS = ["SECRET", "CREDENTIAL", "EMAIL", "CARD", "IBAN", "SSN", "PHONE"] as const;
/** One of {@link PLACEHOLDER_KINDS}. */
export type PlaceholderKind = (typeof PLACEHOLDER_KINDS)[number];

/** Makes and knows the placeholders of one session. Nothing resolves one. */
export interface Placeholders {
  /** Returns `[KIND_<8 base32>]`: the same for the same value within this session, unlinkable across sessions. */
  make(kind: PlaceholderKind, value: Uint8Array): string;
  /** The same for a known value: never forgotten, however many others there are. */
  makeKnown(kind: PlaceholderKind, value: Uint8Array): string;
  /** Tells whether `text` is, as a whole, a placeholder that this session issued. */
  isIssued(text: string): boolean;
  /** Tells whether a placeholder that this session issued stands anywhere in `text`. */
  hasIssued(text: string): boolean;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SHAPE = new RegExp(`\\[(?:${PLACEHOLDER_KINDS.join("|")})_[A-Z2-7]{8}\\]`, "g");
// Enough for any session. Threat: a flood of made-up values that fills the memory.
const MAX_SEEN = 100_000;

/**
 * Creates the placeholders of one session.
 *
 * @param random Gives the session key, which is never stored.
 * @returns The maker; `make` throws `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function createPlaceholders(random: Random): Placeholders {
  const key = random.bytes(32);
  const known = new Set<string>();
  const seen = new Set<string>();
  function format(kind: PlaceholderKind, value: Uint8Array): string {
    const prefix = new TextEncoder().encode(`${kind}\n`);
    return `[${kind}_${base32(blake2b(concatBytes([prefix, value]), 16, key))}]`;
  }
  function isIssued(text: string): boolean {
    return known.has(text) || seen.has(text);
  }
  return {
    isIssued,
    make(kind: PlaceholderKind, value: Uint8Array): string {
      const placeholder = format(kind, value);
      if (!seen.has(placeholder) && seen.size >= MAX_SEEN) seen.delete(seen.values().next().value ?? "");
      seen.add(placeholder);
      return placeholder;
    },
    makeKnown(kind: PlaceholderKind, value: Uint8Array): string {
      const placeholder = format(kind, value);
      known.add(placeholder);
      return placeholder;
    },
    hasIssued(text: string): boolean {
      if (known.size + seen.size === 0 || !text.includes("[")) return false;
      for (const [found] of text.matchAll(SHAPE)) if (isIssued(found)) return true;
      return false;
    },
  };
}

/** Finds everything that is spelled like a placeholder, issued or not. */
export function placeholderShapes(text: string): readonly { readonly start: number; readonly end: number }[] {
  return [...text.matchAll(SHAPE)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

// The first 40 bits, five at a time (RFC 4648 alphabet).
function base32(hash: Uint8Array): string {
  let bits = 0n;
  for (const byte of hash.subarray(0, 5)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let shift = 35n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((bits >> shift) & 31n)] ?? "";
  return text;
}
