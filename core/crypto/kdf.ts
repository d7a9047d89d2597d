import { CoreError } from "../errors.ts";
import { blake2b } from "../digest.ts";
import { sodium } from "./sodium.ts";

/** How much work one passphrase costs: Argon2id, version 1.3 (RFC 9106). */
export interface PassphraseCost {
  /** Memory in bytes. */
  readonly mem: number;
  /** Passes over it. */
  readonly ops: number;
}

/** What new passphrases cost: 64 MiB and 3 passes, 0.2 to 0.4 seconds. */
export const PASSPHRASE_COST: PassphraseCost = { mem: 67_108_864, ops: 3 };

const MAX_COST: PassphraseCost = { mem: 1_073_741_824, ops: 10 };

/**
 * Derives a 32-byte key from a key and a label that names its use.
 *
 * @param key Up to 64 bytes.
 * @param label E.g. `az/policy/v1`.
 * @returns BLAKE2b-256 of the label, keyed.
 * @throws {CoreError} `SODIUM_NOT_READY` before libsodium was loaded.
 */
export function deriveKey(key: Uint8Array, label: string): Uint8Array {
  return blake2b(new TextEncoder().encode(label), 32, key);
}

/**
 * Turns a passphrase into a 32-byte key with Argon2id 1.3. Slow on purpose: once per unlock, never per record.
 *
 * @param passphrase What the person typed, as UTF-8.
 * @param salt 16 bytes.
 * @param cost Work factors, untrusted when they come from a file.
 * @returns The key.
 * @throws {CoreError} `KEY_INVALID` for weaker factors than {@link PASSPHRASE_COST}, more than 1 GiB or 10 passes.
 */
export function passphraseKey(passphrase: string, salt: Uint8Array, cost: PassphraseCost): Uint8Array {
  // Threat: a swapped file with factors so weak that the passphrase can be guessed, or so high that the machine stalls.
  if (!(cost.mem >= PASSPHRASE_COST.mem && cost.mem <= MAX_COST.mem && Number.isInteger(cost.mem))) {
    throw new CoreError("KEY_INVALID", `Cannot use passphrase: memory cost ${cost.mem} is out of bounds`);
  }
  if (!(cost.ops >= PASSPHRASE_COST.ops && cost.ops <= MAX_COST.ops && Number.isInteger(cost.ops))) {
    throw new CoreError("KEY_INVALID", `Cannot use passphrase: ${cost.ops} passes are out of bounds`);
  }
  const library = sodium();
  if (salt.length !== library.crypto_pwhash_SALTBYTES) {
    throw new CoreError("KEY_INVALID", `Cannot use passphrase: the salt has ${salt.length} bytes instead of 16`);
  }
  return library.crypto_pwhash(
    32,
    passphrase,
    salt,
    cost.ops,
    cost.mem,
    library.crypto_pwhash_ALG_ARGON2ID13,
  );
}
