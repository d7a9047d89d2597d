import { blake2b, sodium } from "../core/mod.ts";

const ROOT = new TextEncoder().encode("azlog/1 root");
const STEP = new TextEncoder().encode("azlog/1 step");
// A message key encrypts one plaintext only, so the nonce may be constant.
const NONCE = new Uint8Array(24);

/** Where the keys of a segment start. */
export interface RatchetStart {
  /** The chain key, 32 bytes. */
  readonly ck: Uint8Array;
  /** Binds all recipients to the same events: the cipher does not commit to its key. */
  readonly commit: Uint8Array;
}

/**
 * Derives the first chain key of a segment.
 *
 * @param srk The segment's root key, 32 bytes; zeroed here, since nobody needs it any more.
 * @returns Chain key and commitment.
 */
export function startRatchet(srk: Uint8Array): RatchetStart {
  const both = blake2b(ROOT, 64, srk);
  srk.fill(0);
  return { ck: both.slice(0, 32), commit: both.slice(32) };
}

/**
 * The keys of a segment, one per event, each derived from the one before and then zeroed.
 *
 * Threat: somebody takes the memory of a running session. What was written before cannot be decrypted or rewritten,
 * since its keys no longer exist anywhere in the process.
 */
export class Ratchet {
  readonly #ck: Uint8Array;

  /** @param ck Chain key; this object owns it from now on. */
  constructor(ck: Uint8Array) {
    this.#ck = ck;
  }

  /** Encrypts one event under the next key. */
  encrypt(plain: Uint8Array, aad: Uint8Array): Uint8Array {
    const mk = this.#step();
    const ct = sodium().crypto_aead_xchacha20poly1305_ietf_encrypt(plain, aad, null, NONCE, mk);
    mk.fill(0);
    return ct;
  }

  /** Decrypts one event with the next key; `null` when it was made with another or changed. */
  decrypt(ct: Uint8Array, aad: Uint8Array): Uint8Array | null {
    const mk = this.#step();
    const plain = decryptOne(mk, ct, aad);
    mk.fill(0);
    return plain;
  }

  /** Passes over one event without looking at it. */
  skip(): void {
    this.#step().fill(0);
  }

  /** A second ratchet at the same place; for readers only, a writer's keys exist once. */
  fork(): Ratchet {
    return new Ratchet(this.#ck.slice());
  }

  /** Gives away the next message key, which opens one event only; for a proof that shows it. */
  disclose(): Uint8Array {
    return this.#step();
  }

  /** Zeroes the chain key; nothing can be encrypted or decrypted afterwards. */
  destroy(): void {
    this.#ck.fill(0);
  }

  #step(): Uint8Array {
    const both = blake2b(STEP, 64, this.#ck);
    this.#ck.set(both.subarray(0, 32));
    const mk = both.slice(32);
    both.fill(0);
    return mk;
  }
}

/**
 * Decrypts one event with its own message key.
 *
 * @param mk Message key, 32 bytes.
 * @param ct Ciphertext with tag, untrusted.
 * @param aad The bytes of the line before it.
 * @returns The padded plaintext, or `null`.
 */
export function decryptOne(mk: Uint8Array, ct: Uint8Array, aad: Uint8Array): Uint8Array | null {
  try {
    return sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(null, ct, aad, NONCE, mk);
  } catch {
    return null;
  }
}
