import { type Binding, checkBinding, findBinding, type Place } from "../bindings.ts";
import { CoreError } from "../errors.ts";
import { type Handle, handleProvider, isHandle } from "../handle.ts";
import { Permit } from "../permit.ts";
import type { Redactor } from "../redactor.ts";
import { checkSecretValue, weaknessOf } from "../secret-value.ts";
import { SecretBytes } from "../secret.ts";
import type {
  NewUnlockers,
  OpenVaultOptions,
  SecretInfo,
  SetOptions,
  SetReport,
  UnlockerInfo,
  Vault,
  VaultState,
} from "../vault.ts";
import type { SealedEntry } from "./document.ts";
import {
  addKey,
  describeSecret,
  type EditBase,
  putSecret,
  removeEntry,
  type Replacement,
  secretExists,
  unknownSecret,
  withBinding,
  withOptions,
} from "./edits.ts";
import { checkExpiry, renewed } from "./entry-meta.ts";
import { checkNote, keyHandle, secretInfo } from "./secret-info.ts";
import type { VaultKey } from "./vault-key.ts";
import { feedRedactors, VaultStore } from "./vault-store.ts";

/** The vault over one file. */
export class FileVault implements Vault {
  readonly #options: OpenVaultOptions;
  readonly #store: VaultStore;
  readonly #redactors = new Set<Redactor>();

  constructor(options: OpenVaultOptions, accepted: number | null = null) {
    this.#options = options;
    this.#store = new VaultStore(options, accepted);
  }

  get state(): VaultState {
    if (this.#store.document === null) return "none";
    return this.#store.lockReason === null ? "open" : "locked";
  }

  get blind(): boolean {
    return this.state === "locked" && (this.#store.document?.entries.length ?? 0) > 0;
  }

  get lockReason(): string | null {
    return this.#store.lockReason?.reason ?? null;
  }

  get notices(): readonly string[] {
    return [...this.#store.notices];
  }

  get unlockers(): readonly UnlockerInfo[] {
    return (this.#store.document?.unlock ?? []).map(({ by, kid }) => ({ by, kid }));
  }

  get generation(): number {
    return this.#store.document?.gen ?? 0;
  }

  /** Reads the file for the first time. */
  async load(): Promise<void> {
    await this.#store.load();
  }

  /** Writes the vault as it is, in a new generation. */
  async settle(): Promise<void> {
    await this.#change((base) => base.entries);
  }

  async unlock(): Promise<boolean> {
    if (this.state !== "locked") return true;
    await this.#store.load();
    this.#feedAll();
    return this.#store.lockReason === null;
  }

  async list(): Promise<readonly SecretInfo[]> {
    const open = await this.#fresh();
    return (open?.document.entries ?? []).filter((entry) => entry.kind === "secret")
      .flatMap((entry) => (open === null ? [] : [secretInfo(entry.ver, open.key.openMeta(entry), this.#now())]))
      .toSorted((a, b) => (a.handle < b.handle ? -1 : 1));
  }

  async info(handle: Handle): Promise<SecretInfo> {
    const { key, entry } = (await this.#find(handle)) ?? missing(handle);
    return secretInfo(entry.ver, key.openMeta(entry), this.#now());
  }

  async checkSet(handle: Handle, options: SetOptions = {}): Promise<void> {
    if (handleProvider(handle) !== "vault") throw foreign(handle);
    checkNote(options.note ?? null);
    options.bindings?.forEach(checkBinding);
    if (options.update !== true && (await this.#find(handle)) !== null) throw secretExists(handle);
  }

  async set(handle: Handle, value: SecretBytes, options: SetOptions = {}): Promise<SetReport> {
    await this.checkSet(handle, options);
    const bindings = options.bindings?.map(checkBinding);
    return await this.#put({ handle, describe: (meta) => withOptions(meta, options, bindings), forget: false }, value);
  }

  async rotate(handle: Handle, value: SecretBytes, forget = false): Promise<SetReport> {
    if ((await this.#find(handle)) === null) throw unknownSecret(handle);
    return await this.#put({ handle, describe: (meta) => renewed(meta, this.#now()), forget }, value);
  }

  async remove(handle: Handle): Promise<void> {
    await this.#change((base) => removeEntry(base, handle));
  }

  async bind(handle: Handle, binding: Binding): Promise<void> {
    const checked = checkBinding(binding);
    await this.#change((base) => describeSecret(base, handle, (meta) => withBinding(handle, meta, checked)));
  }

  async clearBindings(handle: Handle): Promise<void> {
    await this.#change((base) => describeSecret(base, handle, (meta) => ({ ...meta, bind: [] })));
  }

  async rotateVaultKey(unlockers: NewUnlockers = {}): Promise<void> {
    await this.#store.rekey(unlockers);
  }

  async bindingFor(handle: Handle, place: Place): Promise<Binding> {
    const { key, entry } = (await this.#find(handle)) ?? missing(handle);
    const meta = key.openMeta(entry);
    const binding = findBinding(handle, meta.bind, place);
    checkExpiry(handle, meta, this.#now());
    return binding;
  }

  async reveal(permit: Permit, handle: string): Promise<SecretBytes> {
    const spent = Permit.isPermit(permit) ? this.#options.permits?.spentFor(permit) ?? null : null;
    if (spent === null) {
      throw new CoreError("PERMIT_INVALID", "Cannot reveal secret: no permit was spent for it", {
        hint: "secrets are resolved inside a run that was decided and recorded",
      });
    }
    const { key, entry } = (isHandle(handle) ? await this.#find(handle) : null) ?? missing(handle);
    checkExpiry(handle, key.openMeta(entry), this.#now());
    return new SecretBytes(key.openValue(entry));
  }

  async feed(redactor: Redactor): Promise<void> {
    this.#redactors.add(redactor);
    await this.#store.refresh();
    this.#feedAll();
  }

  async keyNames(): Promise<readonly string[]> {
    const open = await this.#fresh();
    return (open?.document.entries ?? []).filter((entry) => entry.kind === "key")
      .map((entry) => (open?.key.openMeta(entry).handle ?? "").slice("key:".length)).toSorted();
  }

  async putKey(name: string, value: SecretBytes): Promise<void> {
    const handle = keyHandle(name);
    try {
      value.use((bytes) => checkSecretValue(bytes, handle));
      await this.#change((base) => value.use((bytes) => addKey(base, handle, bytes)));
    } finally {
      value.dispose();
    }
  }

  async useKey<T>(name: string, run: (value: SecretBytes) => T | Promise<T>): Promise<T> {
    const { key, entry } = (await this.#find(keyHandle(name), "key")) ?? missing(keyHandle(name));
    const value = new SecretBytes(key.openValue(entry));
    try {
      return await run(value);
    } finally {
      value.dispose();
    }
  }

  async removeKey(name: string): Promise<void> {
    await this.#change((base) => removeEntry(base, keyHandle(name)));
  }

  close(): void {
    this.#store.close();
    this.#redactors.clear();
  }

  async #put(wanted: Omit<Replacement, "value">, value: SecretBytes): Promise<SetReport> {
    try {
      const weakness = value.use((bytes) => {
        checkSecretValue(bytes, wanted.handle);
        return weaknessOf(bytes);
      });
      let version = 1;
      await this.#change((base) =>
        value.use((bytes) => {
          const put = putSecret(base, { ...wanted, value: bytes });
          version = put.version;
          return put.entries;
        })
      );
      return { version, warnings: weakness === null ? [] : [`the value of "${wanted.handle}" is weak: ${weakness}`] };
    } finally {
      value.dispose();
    }
  }

  async #change(edit: (base: EditBase) => readonly SealedEntry[]): Promise<void> {
    const { random } = this.#options;
    await this.#store.change((key, entries) => edit({ key, entries, random, now: this.#now() }));
    this.#feedAll();
  }

  async #fresh(): Promise<ReturnType<VaultStore["open"]>> {
    const changed = await this.#store.refresh();
    const open = this.#store.open();
    // A value joins the scanner before it can be used.
    if (changed) this.#feedAll();
    return open;
  }

  async #find(
    handle: string,
    kind: "secret" | "key" = "secret",
  ): Promise<{ readonly key: VaultKey; readonly entry: SealedEntry } | null> {
    const open = await this.#fresh();
    const h = open?.key.nameOf(handle);
    const entry = open?.document.entries.find((known) => known.h === h && known.kind === kind);
    return open === null || entry === undefined ? null : { key: open.key, entry };
  }

  #feedAll(): void {
    if (this.#redactors.size === 0 || this.state !== "open") return;
    const open = this.#store.open();
    if (open !== null) feedRedactors(open, this.#redactors);
  }

  #now(): number {
    return Math.floor(this.#options.clock.now());
  }
}

function missing(handle: string): never {
  throw unknownSecret(handle);
}

function foreign(handle: string): CoreError {
  return new CoreError("SECRET_HANDLE", `Cannot store "${handle}": only handle://vault/… is kept in the vault`, {
    hint: "env, file and cmd secrets are declared under secrets: in your config.yml",
  });
}
