import type { Random } from "../ports.ts";
import { sodium } from "./sodium.ts";

/** Length of a symmetric key in bytes. */
export const SEAL_KEY_BYTES = 32;
/** Length of a nonce in bytes: long enough to be drawn at random. */
export const SEAL_NONCE_BYTES = 24;

/** A ciphertext and the nonce it was made with. */
export interface Sealed {
  /** 24 bytes, never used twice. */
  readonly nonce: Uint8Array;
  /** Ciphertext and tag. */
  readonly bytes: Uint8Array;
}

/** What a ciphertext is bound to besides its key. */
export interface SealContext {
  /** Authenticated, not encrypted: names the place the ciphertext belongs to. */
  readonly aad: string | Uint8Array;
  /** Gives the nonce. */
  readonly random: Random;
}

/**
 * Encrypts and authenticates bytes with XChaCha20-Poly1305 (IETF) under a fresh random nonce.
 *
 * @param key 32 bytes.
 * @param plain Any bytes.
 * @param context What the ciphertext is bound to.
 * @returns Nonce and ciphertext.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function seal(key: Uint8Array, plain: Uint8Array, context: SealContext): Sealed {
  const nonce = context.random.bytes(SEAL_NONCE_BYTES);
  const bytes = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context.aad, null, nonce, key);
  return { nonce, bytes };
}

/**
 * Opens what {@link seal} made.
 *
 * @param key 32 bytes.
 * @param sealed Nonce and ciphertext, untrusted.
 * @param aad The place it was read from; must equal the one given to {@link seal}.
 * @returns The plaintext, or `null` when key, nonce, ciphertext or place do not belong together.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function unseal(key: Uint8Array, sealed: Sealed, aad: string | Uint8Array): Uint8Array | null {
  const library = sodium();
  if (key.length !== SEAL_KEY_BYTES || sealed.nonce.length !== SEAL_NONCE_BYTES) return null;
  // The library throws for a short text and for a wrong tag alike: one answer, nothing to tell them apart by.
  try {
    return library.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed.bytes, aad, sealed.nonce, key);
  } catch {
    return null;
  }
}

/**
 * Encrypts bytes to an X25519 public key (libsodium sealed box); the sender needs no key and stays unknown.
 *
 * @param publicKey 32 bytes.
 * @param plain Any bytes.
 * @returns The box, 48 bytes longer than `plain`.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function sealTo(publicKey: Uint8Array, plain: Uint8Array): Uint8Array {
  return sodium().crypto_box_seal(plain, publicKey);
}

/**
 * Opens what {@link sealTo} made.
 *
 * @param pair Both halves of the X25519 key.
 * @param box The box, untrusted.
 * @returns The plaintext, or `null` when it was not made for this key or was changed.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function unsealFrom(
  pair: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
  box: Uint8Array,
): Uint8Array | null {
  const library = sodium();
  try {
    return library.crypto_box_seal_open(box, pair.publicKey, pair.secretKey);
  } catch {
    return null;
  }
}
