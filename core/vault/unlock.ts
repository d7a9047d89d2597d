import { fromBase64, toBase64 } from "../base64.ts";
import { concatBytes } from "../concat-bytes.ts";
import { deriveKey } from "../crypto/kdf.ts";
import { keyFromSecret, type KeyMaterial, openKeyFile } from "../crypto/key-file.ts";
import { KeyFolder } from "../crypto/key-folder.ts";
import { areCurrent, type Keys, wrapKeyOf } from "../crypto/keys.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import { seal, SEAL_NONCE_BYTES, sealTo, unseal, unsealFrom } from "../crypto/seal.ts";
import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import type { RunUserCommand } from "../user-command.ts";
import type { NewUnlockers } from "../vault.ts";
import type { Unlocker, UnlockerKind, VaultDocument } from "./document.ts";

/** The means to unlock a vault. */
export interface UnlockMeans {
  readonly home: string;
  readonly keys: Keys;
  readonly random: Random;
  /** Asked when the vault key file is protected by a passphrase; `null` leaves the vault locked. */
  readonly passphrase?: (() => Promise<string | null>) | undefined;
  /** Prints 32 bytes in base64; from the user's own config. */
  readonly command?: { readonly argv: readonly string[]; readonly run: RunUserCommand } | undefined;
}

/** The vault key, or why there is none. */
export type Unlocked =
  | { readonly key: Uint8Array }
  | {
    readonly key: null;
    /** `true`: the right key was there and did not fit, so the file is not what was written. */
    readonly damaged: boolean;
    readonly reason: string;
    readonly hint: string;
  };

const COMMAND_TIMEOUT_MS = 10_000;

/** Tries every unlocker of a vault, those that ask nobody first. */
export async function unlockVault(document: VaultDocument, means: UnlockMeans): Promise<Unlocked> {
  const folder = new KeyFolder(means.home);
  let damaged = false;
  const reasons: { readonly reason: string; readonly hint: string }[] = [];
  for (const by of ["recipient", "key", "command"] as const satisfies readonly UnlockerKind[]) {
    const unlockers = document.unlock.filter((unlocker) => unlocker.by === by);
    if (unlockers.length === 0) continue;
    const wrapping = await wrappingKey(by, { unlockers, means, folder });
    if ("reason" in wrapping) {
      reasons.push(wrapping);
      continue;
    }
    const unlocker = unlockers.find((candidate) => candidate.kid === wrapping.key.kid);
    if (unlocker === undefined) {
      reasons.push({ reason: `it is not locked for this ${by}`, hint: "use the keys folder that it was made with" });
      continue;
    }
    const key = unwrap(unlocker, wrapping.key, document.id);
    if (key !== null) return { key };
    damaged = true;
  }
  const first = reasons[0] ?? { reason: "it names no way to unlock it", hint: "put a backup back" };
  return { key: null, damaged, ...first };
}

/** Wraps a vault key for the key file, which is made when missing. */
export async function wrapForKeyFile(key: Uint8Array, id: string, means: UnlockMeans): Promise<Unlocker> {
  const folder = new KeyFolder(means.home);
  if (folder.find("vault") === null) {
    if (!(await unlockKeys(means))) {
      throw locked("no passphrase was given", "give it, so that the new key is protected too");
    }
    // Threat: a passphrase that was set since would not protect the new key, or one that is gone would close it.
    if (!areCurrent(means.keys)) throw locked("its keys were changed by another process meanwhile", "try again");
    const wrapKey = wrapKeyOf(means.keys);
    folder.makeOne("vault", wrapKey === null ? null : { key: wrapKey, random: means.random }, means.random);
  }
  const wrapping = await wrappingKey("key", { unlockers: [], means, folder });
  if ("reason" in wrapping) throw locked(wrapping.reason, wrapping.hint);
  return wrapSymmetric(key, { by: "key", id, wrapping: wrapping.key, random: means.random });
}

/** Wraps a vault key for the 32 bytes that a command prints. */
export async function wrapForCommand(key: Uint8Array, id: string, means: UnlockMeans): Promise<Unlocker> {
  const wrapping = await commandKey(means);
  if ("reason" in wrapping) throw locked(wrapping.reason, wrapping.hint);
  return wrapSymmetric(key, { by: "command", id, wrapping: wrapping.key, random: means.random });
}

/** Wraps a vault key for a public key: a backup, a build machine. The public key is kept, to wrap the next one. */
export function wrapForRecipient(key: Uint8Array, recipient: PublicKey): Unlocker {
  const box = sealTo(recipient.publicKey, key);
  return { by: "recipient", kid: recipient.kid, w: toBase64(concatBytes([recipient.publicKey, box])) };
}

/** Reads the public key that a recipient's unlocker was wrapped for. */
export function recipientOf(unlocker: Unlocker): PublicKey | null {
  const bytes = unlocker.by === "recipient" ? fromBase64(unlocker.w) : null;
  if (bytes === null || bytes.length < 32) return null;
  return { use: "vault-box", kid: unlocker.kid, publicKey: bytes.slice(0, 32) };
}

type Wrapping = { readonly key: KeyMaterial } | { readonly reason: string; readonly hint: string };

interface WrappingNeeds {
  readonly unlockers: readonly Unlocker[];
  readonly means: UnlockMeans;
  readonly folder: KeyFolder;
}

async function wrappingKey(by: UnlockerKind, needs: WrappingNeeds): Promise<Wrapping> {
  if (by === "command") return await commandKey(needs.means);
  const use = by === "key" ? "vault" : "vault-box";
  const path = needs.folder.path(use);
  const file = needs.folder.find(use);
  if (file === null) return { reason: `"${path}" is missing`, hint: "restore it from a backup" };
  if (file.nonce !== null && !(await unlockKeys(needs.means))) {
    return { reason: "no passphrase was given", hint: "run it in a terminal, or pass --passphrase-file FILE" };
  }
  const key = openKeyFile(file, wrapKeyOf(needs.means.keys), path);
  if (key === null) {
    return { reason: `"${path}" is not wrapped for this installation`, hint: "restore the keys folder" };
  }
  return { key };
}

async function unlockKeys(means: UnlockMeans): Promise<boolean> {
  if (!means.keys.locked) return true;
  return means.passphrase === undefined ? false : await means.keys.unlock(means.passphrase);
}

async function commandKey(means: UnlockMeans): Promise<Wrapping> {
  const hint =
    "set vault.unlock in your config.yml to the argv that prints the key, e.g. [/usr/bin/secret-tool, lookup, agentzero, vault]";
  if (means.command === undefined) return { reason: "no unlock command is configured", hint };
  const { argv, run } = means.command;
  const result = await run(argv, { timeoutMs: COMMAND_TIMEOUT_MS, maxBytes: 4096 });
  const bytes = result.ok ? fromBase64(new TextDecoder().decode(result.stdout).trim()) : null;
  if (result.ok) result.stdout.fill(0);
  const reason = result.ok ? "it did not print 32 bytes in base64" : result.reason;
  if (bytes?.length !== 32) return { reason: `the unlock command "${argv[0] ?? ""}" failed: ${reason}`, hint };
  return { key: keyFromSecret("vault", bytes) };
}

function wrapSymmetric(
  key: Uint8Array,
  options: {
    readonly by: "key" | "command";
    readonly id: string;
    readonly wrapping: KeyMaterial;
    readonly random: Random;
  },
): Unlocker {
  const { by, id, wrapping, random } = options;
  const sealed = seal(deriveKey(wrapping.secret, "azvault/1 wrap"), key, { aad: place(by, id, wrapping.kid), random });
  return { by, kid: wrapping.kid, w: toBase64(concatBytes([sealed.nonce, sealed.bytes])) };
}

function unwrap(unlocker: Unlocker, wrapping: KeyMaterial, id: string): Uint8Array | null {
  const bytes = fromBase64(unlocker.w);
  if (bytes === null) return null;
  if (unlocker.by === "recipient") {
    if (wrapping.publicKey === null) return null;
    return unsealFrom({ publicKey: wrapping.publicKey, secretKey: wrapping.secret }, bytes.subarray(32));
  }
  const sealed = { nonce: bytes.subarray(0, SEAL_NONCE_BYTES), bytes: bytes.subarray(SEAL_NONCE_BYTES) };
  return unseal(deriveKey(wrapping.secret, "azvault/1 wrap"), sealed, place(unlocker.by, id, unlocker.kid));
}

function place(by: UnlockerKind, id: string, kid: string): string {
  return `azvault/1\n${id}\nunlock\n${by}\n${kid}`;
}

function locked(reason: string, hint: string): CoreError {
  return new CoreError("VAULT_LOCKED", `Cannot unlock vault: ${reason}`, { hint });
}

/** Makes sure that the key file can be made or opened, asking for the passphrase if one is set. */
export async function prepareKeyFile(means: UnlockMeans): Promise<void> {
  if (await unlockKeys(means)) return;
  throw locked("no passphrase was given", "run it in a terminal, or pass --passphrase-file FILE");
}

/** Wraps a new vault key for everyone who may unlock it from now on. */
export async function newUnlockers(
  fresh: { readonly key: Uint8Array; readonly document: VaultDocument; readonly wanted: NewUnlockers },
  means: UnlockMeans,
): Promise<readonly Unlocker[]> {
  const { key, document, wanted } = fresh;
  const before = new Set(document.unlock.map((unlocker) => unlocker.by));
  const unlockers: Unlocker[] = [];
  if (wanted.by === "key" || (wanted.by === undefined && before.has("key"))) {
    unlockers.push(await wrapForKeyFile(key, document.id, means));
  }
  if (wanted.by === "command" || (wanted.by === undefined && before.has("command"))) {
    unlockers.push(await wrapForCommand(key, document.id, means));
  }
  const recipients = [...document.unlock.map(recipientOf), ...(wanted.addRecipients ?? [])];
  for (const recipient of recipients) {
    if (recipient === null || wanted.dropRecipients?.includes(recipient.kid) === true) continue;
    if (unlockers.some((unlocker) => unlocker.by === "recipient" && unlocker.kid === recipient.kid)) continue;
    unlockers.push(wrapForRecipient(key, recipient));
  }
  return unlockers;
}
