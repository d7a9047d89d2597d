/**
 * Joins byte arrays into a plain `Uint8Array`.
 *
 * Threat: a `Buffer` in its place. Its `slice` shares memory, so that wiping a copy would wipe the original, or leave it.
 *
 * @param parts The parts in order.
 * @returns A new array.
 */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
