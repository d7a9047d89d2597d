import { type Random, sodium, toBase64 } from "../core/mod.ts";

/**
 * Makes the key pair that signs the next checkpoint; the caller zeroes the secret once it has signed.
 *
 * @param random Gives the seed.
 * @returns The public key in base64, and the 64 bytes of the secret.
 */
export function newEpoch(random: Random): { readonly publicKey: string; readonly secret: Uint8Array } {
  const seed = random.bytes(32);
  const pair = sodium().crypto_sign_seed_keypair(seed);
  seed.fill(0);
  return { publicKey: toBase64(pair.publicKey), secret: pair.privateKey };
}
