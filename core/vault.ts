import type { Binding, Place } from "./bindings.ts";
import type { PublicKey } from "./crypto/public-key.ts";
import type { Keys } from "./crypto/keys.ts";
import type { Handle } from "./handle.ts";
import type { Permit } from "./permit.ts";
import type { Clock, Random, SecretRevealer } from "./ports.ts";
import type { Redactor } from "./redactor.ts";
import type { SecretBytes } from "./secret.ts";
import type { RunUserCommand } from "./user-command.ts";

/** What may be told of a secret: everything but its value. Times are milliseconds since 1970. */
export interface SecretInfo {
  /** What it is called. */
  readonly handle: Handle;
  /** Counts replacements from 1. */
  readonly version: number;
  /** A line for people. */
  readonly note: string | null;
  /** When it was first stored. */
  readonly created: number | null;
  /** When its value was last replaced. */
  readonly rotated: number | null;
  /** From when on it is no longer resolved. */
  readonly expires: number | null;
  /** `true`: still masked, no longer resolved. */
  readonly expired: boolean;
  /** Where it may go; none means nowhere. */
  readonly bindings: readonly Binding[];
}

/**
 * The ledger that knows the newest generation of the vault (the user ledger of the audit).
 *
 * Contract: `append` is durable in order; `read` gives the last pair that was appended, or `null` before the first.
 */
export interface VaultLedger {
  /** The newest mark, or `null` before the first. */
  read(): VaultMark | null | Promise<VaultMark | null>;
  /** Adds a mark. */
  append(gen: number, mac: string): void | Promise<void>;
}

/** One generation of a vault. */
export interface VaultMark {
  /** Counts writes from 1. */
  readonly gen: number;
  /** Base64 of 32 bytes. */
  readonly mac: string;
}

/** Tells whether a permit was spent on a run that is still going on; `null` if not. */
export interface SpentPermits {
  /** Whatever the permit was spent on, or `null`. */
  spentFor(permit: Permit): unknown;
}

/** What a vault needs. */
export interface OpenVaultOptions {
  /** `$AGENTZERO_HOME`, absolute. */
  readonly home: string;
  /** Keys of the installation. */
  readonly keys: Keys;
  /** Wall time for dates and locks. */
  readonly clock: Clock;
  /** Fresh bytes for keys and nonces. */
  readonly random: Random;
  /** Knows the newest generation. */
  readonly ledger: VaultLedger;
  /** Without it nothing can be revealed: commands that only manage the vault leave it out. */
  readonly permits?: SpentPermits | undefined;
  /** Asked at most once, and only when the key file is protected by a passphrase. */
  readonly passphrase?: (() => Promise<string | null>) | undefined;
  /** From the user's own config: prints the unlock key, 32 bytes in base64. */
  readonly command?: { readonly argv: readonly string[]; readonly run: RunUserCommand } | undefined;
}

/** How to set a value. */
export interface SetOptions {
  /** A line for people; `undefined` keeps what was. */
  readonly note?: string | null | undefined;
  /** From when on not to resolve it; `undefined` keeps what was. */
  readonly expires?: number | null | undefined;
  /** All bindings it shall have; `undefined` keeps what was. */
  readonly bindings?: readonly Binding[] | undefined;
  /** `true`: replace an existing value; its earlier one stays masked. */
  readonly update?: boolean | undefined;
}

/** What became of a value. */
export interface SetReport {
  /** The version that is now stored. */
  readonly version: number;
  /** Sentences for a person, e.g. that the value is a common word. */
  readonly warnings: readonly string[];
}

/** Whom a new vault key is wrapped for; `undefined` keeps what was. */
export interface NewUnlockers {
  /** `key`: the key file. `command`: the configured command, instead of the key file. */
  readonly by?: "key" | "command" | undefined;
  /** Public keys to add: a backup, a build machine. */
  readonly addRecipients?: readonly PublicKey[] | undefined;
  /** Ids of public keys to leave out. */
  readonly dropRecipients?: readonly string[] | undefined;
}

/** How a vault is. */
export type VaultState = "none" | "open" | "locked";

/** A way in. */
export interface UnlockerInfo {
  /** What unlocks. */
  readonly by: "key" | "command" | "recipient";
  /** Id of the key that the vault key is wrapped for. */
  readonly kid: string;
}

/**
 * The vault of one user. There is no `get`: values leave only by `reveal`, against a permit that was spent on a run.
 * All methods but `state`, `unlockers`, `close` throw `VAULT_LOCKED` while it is locked.
 */
export interface Vault extends SecretRevealer {
  /** `none`: there is no vault file. */
  readonly state: VaultState;
  /** `true`: it has entries that could not be read, so the scanner is blind: no model but `builtin` and `script`. */
  readonly blind: boolean;
  /** Why it is locked, for people; `null` when it is not. */
  readonly lockReason: string | null;
  /** Things to tell, e.g. that the ledger was behind. */
  readonly notices: readonly string[];
  /** Every way in. */
  readonly unlockers: readonly UnlockerInfo[];
  /** Number of the file's last write, 0 without a file. */
  readonly generation: number;
  /** Tries once more, asking for the passphrase if one is needed. */
  unlock(): Promise<boolean>;
  /** Lists secrets by handle. */
  list(): Promise<readonly SecretInfo[]>;
  /** Tells of one secret. Throws `SECRET_UNKNOWN`. */
  info(handle: Handle): Promise<SecretInfo>;
  /** Throws what `set` would throw for any value, so that nobody is asked for one in vain. */
  checkSet(handle: Handle, options?: SetOptions): Promise<void>;
  /** Stores a value; the vault takes the bytes over and wipes them. Throws `SECRET_EXISTS` without `update`. */
  set(handle: Handle, value: SecretBytes, options?: SetOptions): Promise<SetReport>;
  /** Replaces a value; the earlier one stays masked for 30 days unless `forget`. Throws `SECRET_UNKNOWN`. */
  rotate(handle: Handle, value: SecretBytes, forget?: boolean): Promise<SetReport>;
  /** Removes a secret and its earlier values. Throws `SECRET_UNKNOWN`. */
  remove(handle: Handle): Promise<void>;
  /** Adds a binding. Throws `SECRET_UNKNOWN`, `BINDING_INVALID`. */
  bind(handle: Handle, binding: Binding): Promise<void>;
  /** Removes all bindings. Throws `SECRET_UNKNOWN`. */
  clearBindings(handle: Handle): Promise<void>;
  /** Makes a new vault key and encrypts everything anew. */
  rotateVaultKey(unlockers?: NewUnlockers): Promise<void>;
  /** Tells where a value may go, before anything is resolved. Throws `SECRET_UNKNOWN SECRET_UNBOUND SECRET_PLACE SECRET_EXPIRED`. */
  bindingFor(handle: Handle, place: Place): Promise<Binding>;
  /** Gives every value, earlier ones included, to a redactor, now and whenever the vault changes. */
  feed(redactor: Redactor): Promise<void>;
  /** Names of the signing keys. */
  keyNames(): Promise<readonly string[]>;
  /** Stores a signing key, which no handle names. Throws `SECRET_EXISTS`. */
  putKey(name: string, value: SecretBytes): Promise<void>;
  /** Lends a signing key to one operation and wipes it afterwards. Throws `SECRET_UNKNOWN`. */
  useKey<T>(name: string, run: (value: SecretBytes) => T | Promise<T>): Promise<T>;
  /** Removes a signing key. Throws `SECRET_UNKNOWN`. */
  removeKey(name: string): Promise<void>;
  /** Wipes the keys in memory; idempotent. */
  close(): void;
}
