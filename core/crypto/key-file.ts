import { fromBase64, toBase64 } from "../base64.ts";
import { blake2b, toHex } from "../digest.ts";
import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import { nullable, object, oneOf, string } from "../shape.ts";
import { deriveKey } from "./kdf.ts";
import { seal, unseal } from "./seal.ts";
import { sodium } from "./sodium.ts";

/** What a key file may be for; a file of one use is refused where another is expected. */
export const KEY_USES = ["tag", "audit-sign", "audit-box", "vault", "vault-box"] as const;
/** One of {@link KEY_USES}. */
export type KeyUse = (typeof KEY_USES)[number];

/** A key with its public half, or `null` for a symmetric one. */
export interface KeyMaterial {
  readonly use: KeyUse;
  readonly kid: string;
  readonly publicKey: Uint8Array | null;
  /** Ed25519: the 32-byte seed. X25519 and symmetric keys: the 32 bytes themselves. */
  readonly secret: Uint8Array;
}

/** A key file as it stands on disk: the secret may be wrapped by the passphrase key. */
export interface KeyFile {
  readonly use: KeyUse;
  readonly kid: string;
  readonly publicKey: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly sealed: Uint8Array;
}

const FILE = object({
  v: oneOf("azkey/1"),
  use: oneOf(...KEY_USES),
  kid: string({ pattern: /^[0-9a-f]{16}$/ }),
  pub: nullable(string({ max: 64 })),
  wrap: nullable(object({ nonce: string({ max: 64 }) })),
  sk: string({ max: 256 }),
});

/** Makes a fresh random key. */
export function generateKey(use: KeyUse, random: Random): KeyMaterial {
  return keyFromSecret(use, random.bytes(32));
}

/** Completes a key from its 32 secret bytes. */
export function keyFromSecret(use: KeyUse, secret: Uint8Array): KeyMaterial {
  const publicKey = publicHalf(use, secret);
  // A symmetric key has no public half: its id is a keyed hash, which says nothing about the key.
  const name = publicKey === null ? deriveKey(secret, "azkey/1 kid") : blake2b(publicKey);
  return { use, kid: toHex(name.subarray(0, 8)), publicKey, secret };
}

/** Writes a key file, wrapped when a passphrase key is given. */
export function formatKeyFile(
  key: KeyMaterial,
  wrap: { readonly key: Uint8Array; readonly random: Random } | null,
): string {
  const sealed = wrap === null ? null : seal(wrap.key, key.secret, { aad: place(key), random: wrap.random });
  return `${
    JSON.stringify({
      v: "azkey/1",
      use: key.use,
      kid: key.kid,
      pub: key.publicKey === null ? null : toBase64(key.publicKey),
      wrap: sealed === null ? null : { nonce: toBase64(sealed.nonce) },
      sk: toBase64(sealed === null ? key.secret : sealed.bytes),
    })
  }\n`;
}

/**
 * Reads a key file without opening it.
 *
 * @throws {CoreError} `KEY_INVALID` when it is malformed or for another use.
 */
export function parseKeyFile(content: string, use: KeyUse, path: string): KeyFile {
  const file = FILE.safeParse(parseJson(content));
  if (!file.success) throw invalid(path, "it is not a key file of version azkey/1");
  const { kid, pub, wrap, sk } = file.data;
  if (file.data.use !== use) throw invalid(path, `it is a key for "${file.data.use}", not for "${use}"`);
  const publicKey = pub === null ? null : fromBase64(pub);
  const sealed = fromBase64(sk);
  const nonce = wrap === null ? null : fromBase64(wrap.nonce);
  if (sealed === null || (pub !== null && publicKey === null) || (wrap !== null && nonce === null)) {
    throw invalid(path, "its base64 is malformed");
  }
  if (wrap === null) checkKey({ use, kid, publicKey, secret: sealed }, path);
  return { use, kid, publicKey, nonce, sealed };
}

/**
 * Opens a key file.
 *
 * @returns The key, or `null` when it is wrapped and `wrapKey` is missing or wrong.
 * @throws {CoreError} `KEY_INVALID` when the halves do not belong together.
 */
export function openKeyFile(file: KeyFile, wrapKey: Uint8Array | null, path: string): KeyMaterial | null {
  let secret: Uint8Array | null = file.sealed;
  if (file.nonce !== null) {
    if (wrapKey === null) return null;
    secret = unseal(wrapKey, { nonce: file.nonce, bytes: file.sealed }, place(file));
    if (secret === null) return null;
  }
  const key = { use: file.use, kid: file.kid, publicKey: file.publicKey, secret };
  checkKey(key, path);
  return key;
}

function checkKey(key: KeyMaterial, path: string): void {
  if (key.secret.length !== 32) throw invalid(path, `the key has ${key.secret.length} bytes instead of 32`);
  const expected = keyFromSecret(key.use, key.secret);
  const same = expected.kid === key.kid && sameBytes(expected.publicKey, key.publicKey);
  // Threat: a swapped public half would make us encrypt to, or publish, somebody else's key.
  if (!same) throw invalid(path, "its public half does not belong to its secret half");
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return Buffer.compare(a, b) === 0;
}

function publicHalf(use: KeyUse, secret: Uint8Array): Uint8Array | null {
  switch (use) {
    case "audit-sign":
      return sodium().crypto_sign_seed_keypair(secret).publicKey;
    case "audit-box":
    case "vault-box":
      return sodium().crypto_scalarmult_base(secret);
    case "tag":
    case "vault":
      return null;
    default:
      return use satisfies never;
  }
}

function place(key: { readonly use: KeyUse; readonly kid: string }): string {
  return `azkey/1\n${key.use}\n${key.kid}`;
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

function invalid(path: string, seen: string): CoreError {
  return new CoreError("KEY_INVALID", `Cannot read key "${path}": ${seen}`, {
    hint: "restore it from a backup; without it what it protects cannot be opened",
  });
}
