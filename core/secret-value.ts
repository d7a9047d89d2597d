import { CoreError } from "./errors.ts";
import { withoutIgnored } from "./scanner/ignored.ts";
import { COMMON_WORDS } from "./common-words.ts";

/** The shortest value that can be masked without damaging ordinary text, in bytes that count. */
export const MIN_SECRET_BYTES = 8;
/** The longest value, in bytes. */
export const MAX_SECRET_BYTES = 65_536;

const MIN_DIFFERENT_BYTES = 4;
const COMFORTABLE_BYTES = 12;

/**
 * Refuses a value that cannot be kept secret by masking.
 *
 * @param value The value; never appears in the error.
 * @param handle What it is called, for the message.
 * @throws {CoreError} `SECRET_TOO_SHORT` below 8 bytes that count or 4 different ones; `SECRET_INVALID` above 65,536.
 */
export function checkSecretValue(value: Uint8Array, handle: string): void {
  if (value.length > MAX_SECRET_BYTES) {
    throw new CoreError(
      "SECRET_INVALID",
      `Cannot keep "${handle}": its value has more than ${MAX_SECRET_BYTES} bytes`,
      {
        hint: "keep large files encrypted elsewhere and only their key here",
      },
    );
  }
  const counting = withoutIgnored(value);
  const short = counting.length < MIN_SECRET_BYTES;
  if (!short && new Set(counting).size >= MIN_DIFFERENT_BYTES) return;
  const seen = short ? `fewer than ${MIN_SECRET_BYTES} bytes` : `fewer than ${MIN_DIFFERENT_BYTES} different bytes`;
  throw new CoreError("SECRET_TOO_SHORT", `Cannot keep "${handle}": its value has ${seen}`, {
    hint: "masking it would damage ordinary text; use a longer value",
  });
}

/**
 * Tells why a value that is accepted is still a poor one.
 *
 * @param value The value; never appears in the answer.
 * @returns A sentence for a warning, or `null`.
 */
export function weaknessOf(value: Uint8Array): string | null {
  const text = new TextDecoder().decode(value.subarray(0, 64)).trim().toLowerCase();
  // Words with digits or signs at an end, or with the usual letters swapped, are tried first by everyone.
  const stem = text.replaceAll(/^[^a-z]+|[^a-z]+$/g, "");
  const plain = Array.from(text, (letter) => LEET[letter] ?? letter).join("").replaceAll(/^[^a-z]+|[^a-z]+$/g, "");
  if (COMMON_WORDS.has(text) || COMMON_WORDS.has(stem) || COMMON_WORDS.has(plain)) {
    return "it is a common word or password: it is easily guessed, and masking it may hide ordinary text";
  }
  if (withoutIgnored(value).length < COMFORTABLE_BYTES) {
    return `it has fewer than ${COMFORTABLE_BYTES} bytes: masking it may hide ordinary text`;
  }
  return null;
}

const LEET: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  "$": "s",
};
