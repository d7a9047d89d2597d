import { blake2b, concatBytes, fromBase64, type Random, sodium, toBase64 } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";
import { keyIdText, publicSigningKey, type SigningKey } from "./minisign.ts";

/** `Ed`, no key derivation, `B2`: the header of a secret key that no password protects. */
const HEAD: readonly number[] = [0x45, 0x64, 0, 0, 0x42, 0x32];
/** Salt and limits of the derivation that there is none of. */
const UNUSED_BYTES = 48;
const SECRET_KEY_BYTES: number = HEAD.length + UNUSED_BYTES + 104;

/**
 * Makes a key that signs packages.
 *
 * @param random Fresh bytes for its id and its seed.
 * @returns The key; the caller wipes its secret half.
 */
export function createSigningKey(random: Random): SigningKey {
  const seed = random.bytes(32);
  const { publicKey, privateKey } = sodium().crypto_sign_seed_keypair(seed);
  seed.fill(0);
  return { public: publicSigningKey(random.bytes(8), publicKey), secret: privateKey };
}

/**
 * Writes the key line of a secret key as `minisign -W` has it: not protected by a password.
 *
 * @param key The key.
 * @returns Base64 as bytes, so that the caller can wipe them.
 */
export function formatSecretKey(key: SigningKey): Uint8Array {
  const { id } = key.public;
  const checksum = blake2b(concatBytes([Uint8Array.from([0x45, 0x64]), id, key.secret]));
  const raw = concatBytes([Uint8Array.from(HEAD), new Uint8Array(UNUSED_BYTES), id, key.secret, checksum]);
  const line = new TextEncoder().encode(toBase64(raw));
  raw.fill(0);
  return line;
}

/**
 * Reads what {@link formatSecretKey} wrote.
 *
 * @param line The key line.
 * @returns The key; the caller wipes its secret half.
 * @throws {SkillsError} `KEY_INVALID`; never shows any of it.
 */
export function parseSecretKey(line: Uint8Array): SigningKey {
  const raw = fromBase64(new TextDecoder().decode(line));
  const good = raw !== null && raw.length === SECRET_KEY_BYTES && HEAD.every((byte, at) => raw[at] === byte);
  const id = raw?.slice(54, 62) ?? new Uint8Array();
  const secret = raw?.slice(62, 126) ?? new Uint8Array();
  const checksum = blake2b(concatBytes([Uint8Array.from([0x45, 0x64]), id, secret]));
  const whole = good && Buffer.compare(checksum, raw.subarray(126)) === 0;
  raw?.fill(0);
  if (whole) return { public: publicSigningKey(id, secret.slice(32)), secret };
  throw new SkillsError("KEY_INVALID", "Cannot use signing key: it is damaged", {
    hint: "make a new one: agentzero key generate NAME",
  });
}

/** Writes a secret key as a file of two lines; only for a person who asked for it. */
export function secretKeyFile(key: SigningKey): Uint8Array {
  const head = new TextEncoder().encode(`untrusted comment: minisign secret key ${keyIdText(key.public.id)}\n`);
  const line = formatSecretKey(key);
  const file = concatBytes([head, line, Uint8Array.of(0x0a)]);
  line.fill(0);
  return file;
}
