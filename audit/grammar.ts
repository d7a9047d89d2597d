// Pieces of the one spelling that a record may have. Records are printable ASCII without escapes, so a text has exactly
// one byte form and a regular expression over the whole line is the parser.

/** A whole number without sign, leading zero or exponent; safe-integer range is checked after the match. */
export const NUMBER = "(0|[1-9][0-9]{0,15})";
/** `b2:` and 64 hex digits. */
export const B2 = "(b2:[0-9a-f]{64})";
/** `sha256:` and 64 hex digits. */
export const SHA256 = "(sha256:[0-9a-f]{64})";
/** Base64 of 32 bytes: the last character carries 4 bits, so two low bits are zero. */
export const BASE64_32 = "([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)";
/** Base64 of 64 bytes. */
export const BASE64_64 = "([A-Za-z0-9+/]{85}[AQgw]==)";
/** Base64 of 80 bytes: a sealed box around 32. */
export const BASE64_80 = "([A-Za-z0-9+/]{106}[AEIMQUYcgkosw048]=)";
/** Printable ASCII without quote and backslash. */
export const TEXT = "([ !#-\\[\\]-~]{0,128})";
/** A session id. */
export const SESSION = "(ses_[0-7][0-9A-HJKMNP-TV-Z]{25})";
/** A key id: start of BLAKE2b-256 of the public key. */
export const KID = "([0-9a-f]{16})";

/** Longest line of a segment, in bytes without its newline. A longer one is invalid. */
export const MAX_LINE_BYTES = 65_536;
/** Bytes of `SIGNATURE"}` at the end of a signed line: what the signature does not cover. */
export const SIGNATURE_TAIL = 90;

const UNPRINTABLE = /[^ !#-[\]-~]/g;

/**
 * Makes a text of this machine fit for a record in clear.
 *
 * @param text E.g. a runtime version.
 * @returns Printable ASCII, at most 128 characters.
 */
export function recordText(text: string): string {
  return text.replace(UNPRINTABLE, "?").slice(0, 128);
}

/**
 * Reads a matched number.
 *
 * @param text Digits that {@link NUMBER} matched.
 * @returns The number, or `null` beyond 2^53 - 1.
 */
export function safeNumber(text: string | undefined): number | null {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) ? value : null;
}

/**
 * Decodes base64 of any length above zero, only in the one spelling that re-encodes to itself.
 *
 * @param text Anything.
 * @returns The bytes, or `null`.
 */
export function decodeBase64(text: string): Uint8Array | null {
  // Decoding and encoding again costs a tenth of what a regular expression over a whole ciphertext does.
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : null;
}
