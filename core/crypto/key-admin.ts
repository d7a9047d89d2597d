import { join } from "node:path";
import { createFileOnce } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import { changeKeys, type KeyChange } from "./key-change.ts";
import { formatKeyFile, generateKey, type KeyMaterial, openKeyFile } from "./key-file.ts";
import { encode, KeyFolder } from "./key-folder.ts";
import { type KeyPair, type Keys, openKeys, wrapKeyOf } from "./keys.ts";
import { formatPublicKey, type PublicKey } from "./public-key.ts";
import { sodium } from "./sodium.ts";
import { newUnlock } from "./unlock-file.ts";

/** What a change of keys works on. */
export interface KeyAdminOptions {
  /** `$AGENTZERO_HOME`, absolute. */
  readonly home: string;
  /** Unlocked, if a passphrase is set. */
  readonly keys: Keys;
  /** Fresh bytes for keys, salts and nonces. */
  readonly random: Random;
}

/** The shortest passphrase, in characters. */
export const MIN_PASSPHRASE_LENGTH = 8;

/**
 * Sets, changes or removes the passphrase that protects the reading keys of the audit and the key of the vault. All
 * files change as one, also when the process is killed on the way.
 *
 * @param options Where the keys are.
 * @param passphrase The new one, or `null` to remove it.
 * @returns The keys, opened anew and unlocked.
 * @throws {CoreError} `KEY_LOCKED` while they are locked, `ARGS_INVALID` for a short passphrase, `FILE_WRITE`.
 */
export async function changePassphrase(options: KeyAdminOptions, passphrase: string | null): Promise<Keys> {
  const { home, random } = options;
  if (passphrase !== null && passphrase.length < MIN_PASSPHRASE_LENGTH) {
    throw new CoreError(
      "ARGS_INVALID",
      `Cannot set passphrase: it has fewer than ${MIN_PASSPHRASE_LENGTH} characters`,
      {
        hint: "several words in a row are easy to keep and hard to guess",
      },
    );
  }
  const folder = new KeyFolder(home);
  const protectedKeys = openProtected(options, folder);
  const unlock = passphrase === null ? null : newUnlock(passphrase, random);
  const files: Record<string, string | null> = { "unlock.json": unlock?.text ?? null };
  for (const [name, key] of protectedKeys) {
    files[name] = formatKeyFile(key, unlock === null ? null : { key: unlock.key, random });
  }
  changeKeys(folder.folder, files);
  return await openKeys({ home, random, passphrase: () => Promise.resolve(passphrase) });
}

/**
 * Replaces the reading key of the audit; the old one stays, to read what was written for it.
 *
 * @param options Where the keys are.
 * @returns The keys, opened anew; locked if a passphrase is set.
 * @throws {CoreError} `KEY_LOCKED` while they are locked, `FILE_WRITE`.
 */
export async function rotateReadingKey(options: KeyAdminOptions): Promise<Keys> {
  const folder = new KeyFolder(options.home);
  const wrapKey = requireUnlocked(options.keys);
  const old = openKeyFile(folder.read("audit-box"), wrapKey, folder.path("audit-box"));
  if (old === null) throw lockedKeys();
  const wrap = wrapKey === null ? null : { key: wrapKey, random: options.random };
  const fresh = generateKey("audit-box", options.random);
  changeKeys(folder.folder, {
    [`audit-box.${old.kid}.key`]: formatKeyFile(old, wrap),
    ...publicAndSecret("audit-box", fresh, formatKeyFile(fresh, wrap)),
  });
  return await openKeys({ home: options.home, random: options.random });
}

/**
 * Replaces the installation identity. The caller first writes all that either identity has to sign for the change: the
 * old one, which `options.keys` still holds, vouches for the new one. That the new key takes effect comes last, so that
 * a kill in between leaves neither history that nobody vouches for nor a mark that is no longer believed.
 *
 * @param options Where the keys are.
 * @param announce Given the new key first; when it fails, nothing changes.
 * @returns The keys, opened anew; locked if a passphrase is set.
 * @throws {CoreError} `FILE_WRITE`.
 */
export async function rotateIdentity(
  options: KeyAdminOptions,
  announce: (next: KeyPair) => Promise<void>,
): Promise<Keys> {
  const folder = new KeyFolder(options.home);
  const fresh = generateKey("audit-sign", options.random);
  const { publicKey, privateKey } = sodium().crypto_sign_seed_keypair(fresh.secret);
  await announce({ kid: fresh.kid, publicKey, secretKey: privateKey });
  changeKeys(folder.folder, publicAndSecret("audit-sign", fresh, formatKeyFile(fresh, null)));
  return await openKeys({ home: options.home, random: options.random });
}

function publicAndSecret(use: "audit-sign" | "audit-box", key: KeyMaterial, text: string): KeyChange {
  if (key.publicKey === null) return { [`${use}.key`]: text };
  const line = formatPublicKey({ use, kid: key.kid, publicKey: key.publicKey });
  return { [`${use}.key`]: text, [`${use}.pub`]: line };
}

// Every key that a passphrase protects, opened, by file name.
function openProtected(options: KeyAdminOptions, folder: KeyFolder): ReadonlyMap<string, KeyMaterial> {
  const wrapKey = requireUnlocked(options.keys);
  const found = new Map<string, KeyMaterial>();
  for (const { file, path } of folder.readBoxes()) {
    const key = openKeyFile(file, wrapKey, path);
    if (key === null) throw lockedKeys();
    found.set(path.slice(folder.folder.length + 1), key);
  }
  for (const use of ["vault", "vault-box"] as const) {
    const file = folder.find(use);
    const key = file === null ? null : openKeyFile(file, wrapKey, folder.path(use));
    if (file !== null && key === null) throw lockedKeys();
    if (key !== null) found.set(`${use}.key`, key);
  }
  return found;
}

function requireUnlocked(keys: Keys): Uint8Array | null {
  if (keys.locked) throw lockedKeys();
  return wrapKeyOf(keys);
}

function lockedKeys(): CoreError {
  return new CoreError("KEY_LOCKED", "Cannot change keys: they are locked by a passphrase", {
    hint: "give the current passphrase first: in a terminal, or with --passphrase-file FILE",
  });
}

/**
 * Makes a key pair that a vault can be sealed to, for a backup or a build machine: `vault-box.key` and `.pub`. Where
 * the `.key` lies in the `keys` folder of a home, it unlocks that home's copy of the vault.
 *
 * @param folder An existing folder.
 * @param random Fresh bytes.
 * @returns The public half.
 * @throws {CoreError} `KEY_INVALID` when there is one already, `FILE_WRITE`.
 */
export function newVaultRecipient(folder: string, random: Random): PublicKey {
  const key = generateKey("vault-box", random);
  const path = join(folder, "vault-box.key");
  if (key.publicKey === null || !createFileOnce(path, encode(formatKeyFile(key, null)))) {
    throw new CoreError("KEY_INVALID", `Cannot make key "${path}": there is one already`, {
      hint: "choose another folder",
    });
  }
  const made = { use: "vault-box", kid: key.kid, publicKey: key.publicKey } as const;
  createFileOnce(join(folder, "vault-box.pub"), encode(formatPublicKey(made)), 0o644);
  return made;
}
