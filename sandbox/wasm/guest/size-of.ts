import { Buffer } from "node:buffer";

/**
 * Counts what a value weighs on its way over the border: bytes of texts and byte arrays, 16 for every other value, so
 * that many empty ones count too.
 *
 * @param value A value of a WIT type.
 * @returns Bytes; texts count as UTF-8.
 */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return 16 + Buffer.byteLength(value);
  if (value instanceof Uint8Array) return 16 + value.byteLength;
  if (typeof value !== "object" || value === null) return 16;
  let bytes = 16;
  for (const member of Object.values(value)) bytes += sizeOf(member);
  return bytes;
}
