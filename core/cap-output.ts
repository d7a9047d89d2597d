import { CoreError } from "./errors.ts";

/** A text that fits, and how much of it does not. */
export interface CappedOutput {
  /** What is kept. */
  readonly text: string;
  /** Bytes left out. */
  readonly dropped: number;
}

/**
 * Cuts `text` to at most `maxBytes` UTF-8 bytes without splitting a character.
 *
 * @example
 * ```ts
 * capOutput("naïve", 3); // { text: "na", dropped: 4 }
 * ```
 * @param text Output of a tool, untrusted.
 * @param maxBytes Upper bound in bytes, an integer >= 0.
 * @returns The text that fits and the number of bytes dropped.
 * @throws {CoreError} `LIMIT_INVALID` when `maxBytes` is negative or not an integer.
 */
export function capOutput(text: string, maxBytes: number): CappedOutput {
  checkBytes(maxBytes);
  const bytes = new TextEncoder().encode(text);
  const end = startOfCharacter(bytes, Math.min(maxBytes, bytes.length));
  return { text: new TextDecoder().decode(bytes.subarray(0, end)), dropped: bytes.length - end };
}

/**
 * Cuts the middle out of `text`, so that two thirds of the bytes kept are its head and one third its tail; a line says
 * how much is missing. The line comes on top of `maxBytes`.
 *
 * @example
 * ```ts
 * capMiddle("aaaabbbbcccc", 6); // { text: "aaaa\n[6 bytes left out]\ncc", dropped: 6 }
 * ```
 * @param text Output of a tool, untrusted.
 * @param maxBytes Upper bound of what is kept, an integer >= 0.
 * @returns Head, note and tail, or the whole text when it fits.
 * @throws {CoreError} `LIMIT_INVALID` when `maxBytes` is negative or not an integer.
 */
export function capMiddle(text: string, maxBytes: number): CappedOutput {
  checkBytes(maxBytes);
  // No UTF-16 unit takes more than three bytes: most texts are seen to fit without being encoded.
  if (text.length * 3 <= maxBytes) return { text, dropped: 0 };
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return { text, dropped: 0 };
  const headEnd = startOfCharacter(bytes, Math.ceil((maxBytes * 2) / 3));
  let tailStart = bytes.length - Math.floor(maxBytes / 3);
  while (tailStart < bytes.length && ((bytes[tailStart] ?? 0) & 0xc0) === 0x80) tailStart++;
  const dropped = tailStart - headEnd;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const head = decoder.decode(bytes.subarray(0, headEnd));
  return { text: `${head}\n[${dropped} bytes left out]\n${decoder.decode(bytes.subarray(tailStart))}`, dropped };
}

function checkBytes(maxBytes: number): void {
  if (!Number.isInteger(maxBytes) || maxBytes < 0) {
    throw new CoreError("LIMIT_INVALID", `Cannot cap output: expected a byte count, received ${maxBytes}`);
  }
}

// A byte 10xxxxxx continues a character: step back to where it starts.
function startOfCharacter(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
