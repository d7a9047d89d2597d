import { join } from "node:path";
import { createFileOnce } from "../atomic-write.ts";
import { CoreError } from "../errors.ts";
import type { FileLock } from "../file-lock.ts";
import type { Clock, Random } from "../ports.ts";
import { changeKeys, type KeyChange, lockKeys } from "./key-change.ts";
import { formatKeyFile, generateKey, type KeyMaterial, openKeyFile } from "./key-file.ts";
import { encode, KeyFolder } from "./key-folder.ts";
import { areCurrent, type KeyPair, type Keys, openKeys, wrapKeyOf } from "./keys.ts";
import { formatPublicKey, type PublicKey } from "./public-key.ts";
import { sodium } from "./sodium.ts";
import { newUnlock } from "./unlock-file.ts";

/** What a change of keys works on. */
export interface KeyAdminOptions {
  /** `$AGENTZERO_HOME`, absolute. */
  readonly home: string;
  /** Unlocked, if a passphrase is set, and as they still are on the disk. */
  readonly keys: Keys;
  /** Tells how old a lock is. */
  readonly clock: Clock;
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
 * @throws {CoreError} `KEY_LOCKED` while they are locked, `KEY_BUSY` when another process changes them, `ARGS_INVALID`
 * for a short passphrase, `FILE_WRITE`.
 */
export async function changePassphrase(options: KeyAdminOptions, passphrase: string | null): Promise<Keys> {
  const { home, random } = options;
  if (passphrase !== null) checkPassphrase(passphrase);
  checkUnlocked(options.keys);
  const unlock = passphrase === null ? null : newUnlock(passphrase, random);
  return await underLock(options, (folder, lock) => {
    const files: Record<string, string | null> = { "unlock.json": unlock?.text ?? null };
    for (const [name, key] of openProtected(options, folder)) {
      files[name] = formatKeyFile(key, unlock === null ? null : { key: unlock.key, random });
    }
    changeKeys(folder.folder, files, lock);
    return openKeys({ home, random, passphrase: () => Promise.resolve(passphrase) });
  });
}

/**
 * Refuses a passphrase that is easy to guess.
 *
 * @param passphrase A new one.
 * @throws {CoreError} `ARGS_INVALID` for fewer than {@link MIN_PASSPHRASE_LENGTH} characters.
 */
export function checkPassphrase(passphrase: string): void {
  if (passphrase.length >= MIN_PASSPHRASE_LENGTH) return;
  throw new CoreError("ARGS_INVALID", `Cannot set passphrase: it has fewer than ${MIN_PASSPHRASE_LENGTH} characters`, {
    hint: "several words in a row are easy to keep and hard to guess",
  });
}

/**
 * Refuses keys that a passphrase closes.
 *
 * @param keys What is about to be changed.
 * @throws {CoreError} `KEY_LOCKED`.
 */
export function checkUnlocked(keys: Keys): void {
  if (keys.locked) throw lockedKeys();
}

/**
 * Replaces the reading key of the audit; the old one stays, to read what was written for it.
 *
 * @param options Where the keys are.
 * @returns The keys, opened anew; locked if a passphrase is set.
 * @throws {CoreError} `KEY_LOCKED` while they are locked, `KEY_BUSY` when another process changes them, `FILE_WRITE`.
 */
export async function rotateReadingKey(options: KeyAdminOptions): Promise<Keys> {
  const { home, keys, random } = options;
  checkUnlocked(keys);
  return await underLock(options, (folder, lock) => {
    const wrapKey = wrapKeyOf(keys);
    const old = openKeyFile(folder.read("audit-box"), wrapKey, folder.path("audit-box"));
    if (old === null) throw lockedKeys();
    const wrap = wrapKey === null ? null : { key: wrapKey, random };
    const fresh = generateKey("audit-box", random);
    const files = {
      [`audit-box.${old.kid}.key`]: formatKeyFile(old, wrap),
      ...publicAndSecret("audit-box", fresh, formatKeyFile(fresh, wrap)),
    };
    changeKeys(folder.folder, files, lock);
    return openKeys({ home, random });
  });
}

/**
 * Replaces the installation identity. The caller first writes all that either identity has to sign for the change: the
 * old one, which `options.keys` still holds, vouches for the new one. That the new key takes effect comes last, so that
 * a kill in between leaves neither history that nobody vouches for nor a mark that is no longer believed.
 *
 * @param options Where the keys are.
 * @param announce Given the new key first; when it fails, nothing changes.
 * @returns The keys, opened anew; locked if a passphrase is set.
 * @throws {CoreError} `KEY_BUSY` when another process changes them, `FILE_WRITE`.
 */
export async function rotateIdentity(
  options: KeyAdminOptions,
  announce: (next: KeyPair) => Promise<void>,
): Promise<Keys> {
  const { home, random } = options;
  return await underLock(options, async (folder, lock) => {
    const fresh = generateKey("audit-sign", random);
    const { publicKey, privateKey } = sodium().crypto_sign_seed_keypair(fresh.secret);
    await announce({ kid: fresh.kid, publicKey, secretKey: privateKey });
    changeKeys(folder.folder, publicAndSecret("audit-sign", fresh, formatKeyFile(fresh, null)), lock);
    return await openKeys({ home, random });
  });
}

/** Changes keys that nobody else changes meanwhile, or has changed since they were opened. */
async function underLock<T>(
  { home, keys, clock }: KeyAdminOptions,
  run: (folder: KeyFolder, lock: FileLock) => Promise<T>,
): Promise<T> {
  const folder = new KeyFolder(home);
  const lock = lockKeys(folder.folder, clock);
  try {
    // Threat: a key wrapped by a passphrase that is gone, or put in the place of one that others already write for.
    if (!areCurrent(keys)) {
      throw new CoreError("KEY_BUSY", "Cannot change keys: another process has changed them meanwhile", {
        hint: "try again",
      });
    }
    return await run(folder, lock);
  } finally {
    lock.release();
  }
}

function publicAndSecret(use: "audit-sign" | "audit-box", key: KeyMaterial, text: string): KeyChange {
  if (key.publicKey === null) return { [`${use}.key`]: text };
  const line = formatPublicKey({ use, kid: key.kid, publicKey: key.publicKey });
  return { [`${use}.key`]: text, [`${use}.pub`]: line };
}

// Every key that a passphrase protects, opened, by file name.
function openProtected(options: KeyAdminOptions, folder: KeyFolder): ReadonlyMap<string, KeyMaterial> {
  const wrapKey = wrapKeyOf(options.keys);
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
