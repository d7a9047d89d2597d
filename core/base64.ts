/**
 * Writes bytes as standard base64 with padding (RFC 4648, section 4).
 *
 * @param bytes Any bytes.
 * @returns The text.
 */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * Reads standard base64, only in the one spelling that {@link toBase64} writes.
 *
 * @param text Text from a file or a flag.
 * @returns The bytes, or `null` for any other spelling (missing padding, line breaks, URL alphabet, stray bits).
 */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64");
  // Threat: two spellings of one value. What does not re-encode to itself is refused, so signatures over text stay unique.
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : null;
}

/**
 * Reads lower-case hex.
 *
 * @param text Text from a file or a flag.
 * @returns The bytes, or `null` when it is not an even number of lower-case hex digits.
 */
export function fromHex(text: string): Uint8Array | null {
  return /^(?:[0-9a-f]{2})*$/.test(text) ? new Uint8Array(Buffer.from(text, "hex")) : null;
}
