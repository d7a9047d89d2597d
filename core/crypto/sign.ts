import { sodium } from "./sodium.ts";

/**
 * Signs bytes with Ed25519 (RFC 8032).
 *
 * @param message What is signed; callers put a label in front that names its use.
 * @param secretKey 64 bytes, as libsodium keeps them.
 * @returns The signature, 64 bytes.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function sign(message: Uint8Array | string, secretKey: Uint8Array): Uint8Array {
  return sodium().crypto_sign_detached(message, secretKey);
}

/**
 * Checks an Ed25519 signature.
 *
 * @param signature Untrusted; any length.
 * @param message What was signed.
 * @param publicKey 32 bytes, untrusted.
 * @returns `true` only for a good signature; malformed input is `false`.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function verifySignature(
  signature: Uint8Array,
  message: Uint8Array | string,
  publicKey: Uint8Array,
): boolean {
  const library = sodium();
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    return library.crypto_sign_verify_detached(signature, message, publicKey);
  } catch {
    return false;
  }
}
