import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import { sodium } from "./crypto/sodium.ts";
import { CoreError } from "./errors.ts";

/** `b2:` and 64 lower-case hex digits: BLAKE2b-256 (RFC 7693). */
export type Digest = string & { readonly brand: "Digest" };
/** `sha256:` and 64 lower-case hex digits, where a standard asks for SHA-256. */
export type Sha256 = string & { readonly brand: "Sha256" };

const DIGEST = /^b2:[0-9a-f]{64}$/;
const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** Tells whether `value` is a well-formed BLAKE2b-256 digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && DIGEST.test(value);
}

/** Tells whether `value` is a well-formed SHA-256 digest. */
export function isSha256(value: unknown): value is Sha256 {
  return typeof value === "string" && SHA256.test(value);
}

/**
 * Reads a digest from text.
 *
 * @param value Text of the form `b2:<64 hex>`.
 * @returns The branded digest.
 * @throws {CoreError} `DIGEST_INVALID` for any other spelling.
 */
export function parseDigest(value: string): Digest {
  if (!isDigest(value)) {
    throw new CoreError(
      "DIGEST_INVALID",
      `Cannot read digest: received "${value.slice(0, 80)}"`,
      {
        hint: "expected b2: and 64 lower-case hex digits",
      },
    );
  }
  return value;
}

/**
 * Reads a SHA-256 digest from text.
 *
 * @param value Text of the form `sha256:<64 hex>`.
 * @returns The branded digest.
 * @throws {CoreError} `DIGEST_INVALID` for any other spelling.
 */
export function parseSha256(value: string): Sha256 {
  if (!isSha256(value)) {
    throw new CoreError(
      "DIGEST_INVALID",
      `Cannot read digest: received "${value.slice(0, 80)}"`,
      {
        hint: "expected sha256: and 64 lower-case hex digits",
      },
    );
  }
  return value;
}

/**
 * Returns the raw BLAKE2b hash of bytes (RFC 7693).
 *
 * @param bytes Any bytes.
 * @param size Length of the hash in bytes, 16 to 64.
 * @param key Optional key, up to 64 bytes.
 * @returns The hash.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function blake2b(
  bytes: Uint8Array,
  size = 32,
  key: Uint8Array | null = null,
): Uint8Array {
  return sodium().crypto_generichash(size, bytes, key);
}

/**
 * Digests bytes, or the UTF-8 of a text, with BLAKE2b-256.
 *
 * @param data Bytes or text.
 * @returns `b2:<64 hex>`.
 */
export function b2(data: Uint8Array | string): Digest {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return parseDigest(`b2:${toHex(blake2b(bytes))}`);
}

/**
 * Digests a value by its canonical JSON.
 *
 * @param value A JSON value, see {@link canonicalJson}.
 * @returns `b2:<64 hex>`.
 * @throws {CoreError} `JSON_INVALID` when the value has no canonical form.
 */
export function digestOf(value: unknown): Digest {
  return b2(canonicalJson(value));
}

/**
 * Digests bytes with SHA-256 (FIPS 180-4), where a standard asks for it.
 *
 * @param data Bytes or text.
 * @returns `sha256:<64 hex>`.
 */
export function sha256(data: Uint8Array | string): Sha256 {
  return parseSha256(`sha256:${createHash("sha256").update(data).digest("hex")}`);
}

/** Writes bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "hex",
  );
}
