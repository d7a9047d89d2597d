import { blake2b, type Random, sodium } from "../core/mod.ts";

/**
 * Seals a segment's root key to a reader: libsodium's sealed box, with the ephemeral key drawn from the injected
 * randomness, so that the bytes of a segment can be frozen in a test.
 *
 * @param srk 32 bytes.
 * @param publicKey X25519 key of the reader.
 * @param random Source of the ephemeral key.
 * @returns 80 bytes that `unsealFrom()` of core opens.
 */
export function sealKey(srk: Uint8Array, publicKey: Uint8Array, random: Random): Uint8Array {
  const library = sodium();
  const seed = random.bytes(32);
  const { publicKey: sender, privateKey } = library.crypto_box_seed_keypair(seed);
  const nonce = blake2b(Buffer.concat([sender, publicKey]), 24);
  const box = library.crypto_box_easy(srk, nonce, publicKey, privateKey);
  seed.fill(0);
  privateKey.fill(0);
  return new Uint8Array(Buffer.concat([sender, box]));
}
