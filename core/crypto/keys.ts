import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import { type KeyFile, type KeyMaterial, type KeyUse, openKeyFile } from "./key-file.ts";
import { keyStamp } from "./key-change.ts";
import { KeyFolder } from "./key-folder.ts";
import { deriveKey } from "./kdf.ts";
import { loadSodium, sodium } from "./sodium.ts";
import { openUnlockFile } from "./unlock-file.ts";

/** A key with both halves. */
export interface KeyPair {
  /** 16 hex digits: the start of BLAKE2b-256 of the public key. */
  readonly kid: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** As libsodium keeps it: 64 bytes for Ed25519, 32 for X25519. */
  readonly secretKey: Uint8Array;
}

/** The keys of one installation, `$AGENTZERO_HOME/keys`. */
export interface Keys {
  /** 32 bytes for keyed tags and MACs; never wrapped, so that unattended runs work while the vault is locked. */
  readonly tag: Uint8Array;
  /** Installation identity, Ed25519; never wrapped. */
  readonly auditSign: KeyPair;
  /** Default reader of the audit log, X25519: writing needs no more than this. */
  readonly auditBox: { readonly kid: string; readonly publicKey: Uint8Array };
  /** `true` when this call made any of the keys. */
  readonly created: boolean;
  /** `true` when a passphrase protects the reading key and the vault key. */
  readonly passphrase: boolean;
  /** `true` when a passphrase protects them and was not given yet. */
  readonly locked: boolean;
  /** Derives a 32-byte key from the tag key, e.g. `az/policy/v1`. */
  derive(label: string): Uint8Array;
  /** The secret half of a reading key, by default the current one; `null` when it is locked or unknown. */
  auditBoxSecret(kid?: string): Uint8Array | null;
  /** Ids of all reading keys, the current one first. */
  auditBoxIds(): readonly string[];
  /**
   * Unlocks what the passphrase protects; asks at most once and not at all when nothing is locked.
   *
   * @returns `true` when nothing is locked afterwards, `false` when no passphrase was given.
   * @throws {CoreError} `KEY_LOCKED` for a wrong passphrase.
   */
  unlock(ask: () => Promise<string | null>): Promise<boolean>;
}

/** Where the keys are and how they are unlocked. */
export interface OpenKeysOptions {
  /** `$AGENTZERO_HOME`, absolute; made with mode 0700 when missing. */
  readonly home: string;
  /** Fresh bytes for keys that are missing. */
  readonly random: Random;
  /** Asked only when a key is wrapped; `null` leaves it locked. Without it nothing is asked. */
  readonly passphrase?: () => Promise<string | null>;
}

/**
 * Opens the keys of this installation; makes the missing ones, random, mode 0600.
 *
 * @example
 * ```ts
 * const keys = await openKeys({ home, random });
 * const mac = blake2b(bytes, 32, keys.derive("az/policy/v1"));
 * ```
 * @param options Where they are.
 * @returns The keys.
 * @throws {CoreError} `KEY_UNSAFE` for links, foreign owners and open modes, `KEY_INVALID` for malformed files,
 * `KEY_MISSING` when some were deleted, `KEY_LOCKED` for a wrong passphrase, `FILE_WRITE` when they cannot be made.
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys> {
  await loadSodium();
  const folder = new KeyFolder(options.home);
  const made = folder.makeMissing(options.random);
  const keys = readSteadily(folder, made);
  if (options.passphrase !== undefined) await keys.unlock(options.passphrase);
  return keys;
}

const MAX_LOOKS = 20;

/** Reads the keys once more when they were changed meanwhile: half of one change and half of another open nothing. */
function readSteadily(folder: KeyFolder, made: boolean): KeyRing {
  for (let looks = 1;; looks++) {
    const before = keyStamp(folder.folder);
    const last = looks === MAX_LOOKS;
    try {
      const keys = new KeyRing(folder, made);
      if (last || keyStamp(folder.folder) === before) return keys;
    } catch (error) {
      if (last || keyStamp(folder.folder) === before) throw error;
    }
  }
}

/**
 * Tells whether keys are still those on the disk. Not exported from the folder.
 *
 * @param keys What {@link openKeys} returned.
 * @returns `false` when passphrase, reading key or identity were changed since.
 */
export function areCurrent(keys: Keys): boolean {
  return keys instanceof KeyRing && keys.isCurrent();
}

/**
 * Lends the key that the passphrase gives, to open the vault key with. Not exported from the folder.
 *
 * @param keys What {@link openKeys} returned.
 * @returns The key, or `null` without passphrase or while locked.
 */
export function wrapKeyOf(keys: Keys): Uint8Array | null {
  return keys instanceof KeyRing ? keys.wrapKey() : null;
}

class KeyRing implements Keys {
  readonly tag: Uint8Array;
  readonly auditSign: KeyPair;
  readonly auditBox: { readonly kid: string; readonly publicKey: Uint8Array };
  readonly created: boolean;
  readonly passphrase: boolean;
  readonly #folder: KeyFolder;
  readonly #unlock: string | null;
  readonly #boxes: readonly { readonly file: KeyFile; readonly path: string }[];
  readonly #open = new Map<string, Uint8Array>();
  #wrapKey: Uint8Array | null = null;

  constructor(folder: KeyFolder, created: boolean) {
    this.#folder = folder;
    this.created = created;
    this.#unlock = folder.readText("unlock.json");
    this.passphrase = this.#unlock !== null;
    this.tag = neverWrapped(folder, "tag").secret;
    const identity = neverWrapped(folder, "audit-sign");
    const pair = sodium().crypto_sign_seed_keypair(identity.secret);
    this.auditSign = { kid: identity.kid, publicKey: pair.publicKey, secretKey: pair.privateKey };
    this.#boxes = folder.readBoxes();
    const current = this.#boxes[0]?.file;
    if (current?.publicKey === undefined || current.publicKey === null) {
      throw new CoreError("KEY_MISSING", `Cannot open keys: "${folder.path("audit-box")}" is missing`);
    }
    this.auditBox = { kid: current.kid, publicKey: current.publicKey };
    this.#openBoxes();
  }

  get locked(): boolean {
    return this.passphrase && this.#wrapKey === null;
  }

  derive(label: string): Uint8Array {
    return deriveKey(this.tag, label);
  }

  auditBoxSecret(kid: string = this.auditBox.kid): Uint8Array | null {
    return this.#open.get(kid) ?? null;
  }

  auditBoxIds(): readonly string[] {
    return this.#boxes.map((box) => box.file.kid);
  }

  async unlock(ask: () => Promise<string | null>): Promise<boolean> {
    if (!this.locked) return true;
    const passphrase = await ask();
    if (passphrase === null) return false;
    this.#wrapKey = openUnlockFile(this.#folder, passphrase);
    this.#openBoxes();
    return true;
  }

  wrapKey(): Uint8Array | null {
    return this.#wrapKey;
  }

  isCurrent(): boolean {
    return this.#folder.readText("unlock.json") === this.#unlock &&
      this.#folder.read("audit-box").kid === this.auditBox.kid &&
      this.#folder.read("audit-sign").kid === this.auditSign.kid;
  }

  #openBoxes(): void {
    for (const { file, path } of this.#boxes) {
      const key = openKeyFile(file, this.#wrapKey, path);
      if (key !== null) this.#open.set(key.kid, key.secret);
      else if (this.#wrapKey !== null || !this.passphrase) throw wrongWrap(path);
    }
  }
}

function neverWrapped(folder: KeyFolder, use: KeyUse): KeyMaterial {
  const key = openKeyFile(folder.read(use), null, folder.path(use));
  // A wrapped identity would stop every unattended session; we never write one.
  if (key === null) throw wrongWrap(folder.path(use));
  return key;
}

function wrongWrap(path: string): CoreError {
  return new CoreError("KEY_INVALID", `Cannot open key "${path}": it is not wrapped for this installation`, {
    hint: "restore the whole keys folder from one backup",
  });
}
