import { loadSodium } from "../crypto/sodium.ts";
import { toHex } from "../digest.ts";
import { CoreError } from "../errors.ts";
import type { FileLock } from "../file-lock.ts";
import type { Redactor } from "../redactor.ts";
import type { NewUnlockers, OpenVaultOptions, VaultMark } from "../vault.ts";
import { formatCovered, formatVault, parseVault, type SealedEntry, tampered, type VaultDocument } from "./document.ts";
import { checkRoom, pruneEntries, sortEntries } from "./entries.ts";
import { assertNotDebugged } from "./inspector.ts";
import { newUnlockers, prepareKeyFile, unlockVault, wrapForKeyFile } from "./unlock.ts";
import { VaultFile } from "./vault-file.ts";
import { VaultKey } from "./vault-key.ts";

/** A vault that was read and verified. */
export interface OpenState {
  readonly document: VaultDocument;
  readonly key: VaultKey;
}

/** Reads, verifies and writes a vault file; knows its generation, not what its entries mean. */
export class VaultStore {
  /** Things to tell a person. */
  readonly notices: string[] = [];
  /** Why it is locked, or `null`. */
  lockReason: { readonly reason: string; readonly hint: string } | null = null;
  readonly #options: OpenVaultOptions;
  readonly #file: VaultFile;
  /** Generation that a person accepted although the ledger knows a newer one, or `null`. */
  readonly #accepted: number | null;
  #document: VaultDocument | null = null;
  #key: VaultKey | null = null;
  #stamp = "";

  constructor(options: OpenVaultOptions, accepted: number | null) {
    this.#options = options;
    this.#accepted = accepted;
    this.#file = new VaultFile(options.home);
  }

  /** What the file says, verified unless locked; `null` without a file. */
  get document(): VaultDocument | null {
    return this.#document;
  }

  /** The open vault, or `null` without a file. Throws `VAULT_LOCKED`. */
  open(): OpenState | null {
    if (this.#document === null) return null;
    if (this.#key !== null) return { document: this.#document, key: this.#key };
    throw new CoreError("VAULT_LOCKED", `Cannot unlock vault: ${this.lockReason?.reason ?? "it was closed"}`, {
      hint: this.lockReason?.hint,
    });
  }

  /** Reads the file when it changed since, or was never read; tells whether it was read. */
  async refresh(): Promise<boolean> {
    if (this.#stamp === this.#file.stamp()) return false;
    await this.load();
    return true;
  }

  /** Reads, unlocks and verifies the file. */
  async load(): Promise<void> {
    const stamp = this.#file.stamp();
    const text = this.#file.read();
    const mark = await this.#options.ledger.read();
    if (text === null) {
      this.#checkMark({ gen: 0, mac: "" }, mark);
      this.#forget();
    } else {
      await loadSodium();
      const { document, covered, mac } = parseVault(text, this.#file.path);
      this.#checkMark({ gen: document.gen, mac }, mark);
      const key = await this.#unlock(document, { covered, mac });
      this.#document = document;
      this.#key = key;
      if (key !== null && document.gen > (mark?.gen ?? 0) && this.#accepted === null) {
        await this.#catchUp(document.gen, mac);
      }
    }
    this.#stamp = stamp;
  }

  /** Changes the entries under the lock; makes the vault if there is none. */
  async change(edit: (key: VaultKey, entries: readonly SealedEntry[]) => readonly SealedEntry[]): Promise<void> {
    await loadSodium();
    await assertNotDebugged();
    await this.refresh();
    this.open();
    // Everything that may ask a person happens before the lock is taken.
    if (this.#document === null) await prepareKeyFile(this.#options);
    await this.#locked(async (lock) => {
      const { document, key } = this.open() ?? (await this.#create());
      const entries = sortEntries(pruneEntries(key, edit(key, document.entries), this.#options.clock.now()));
      checkRoom(entries);
      await this.#write({ ...document, entries }, { key, lock });
    });
  }

  /** Replaces the vault key: everything is encrypted anew. */
  async rekey(wanted: NewUnlockers): Promise<void> {
    await this.refresh();
    const before = this.open();
    if (before === null) throw new CoreError("VAULT_LOCKED", "Cannot rotate the vault key: there is no vault yet");
    const bytes = this.#options.random.bytes(32);
    const unlock = await newUnlockers({ key: bytes, document: before.document, wanted }, this.#options);
    const fresh = new VaultKey(bytes, before.document.id);
    await this.#locked(async (lock) => {
      const now = this.open();
      if (now === null || now.document.id !== before.document.id) throw tampered(this.#file.path);
      const entries = now.document.entries.map((entry) => {
        const value = now.key.openValue(entry);
        const sealed = fresh.seal(
          { kind: entry.kind, ver: entry.ver, meta: now.key.openMeta(entry), value },
          this.#options.random,
        );
        value.fill(0);
        return sealed;
      });
      await this.#write({ ...now.document, unlock, entries: sortEntries(entries) }, { key: fresh, lock });
      now.key.dispose();
      this.#key = fresh;
    });
  }

  /** Wipes the keys. */
  close(): void {
    this.#key?.dispose();
    this.#key = null;
  }

  async #unlock(
    document: VaultDocument,
    text: { readonly covered: string; readonly mac: string },
  ): Promise<VaultKey | null> {
    this.lockReason = null;
    if (this.#key?.holds(text.covered, text.mac) === true) return this.#key;
    await assertNotDebugged();
    const unlocked = await unlockVault(document, this.#options);
    if (unlocked.key === null) {
      if (unlocked.damaged) throw tampered(this.#file.path);
      this.lockReason = unlocked;
      return null;
    }
    const key = new VaultKey(unlocked.key, document.id);
    // Before any entry is opened: finds removed entries and exchanged unlockers.
    if (!key.holds(text.covered, text.mac)) throw tampered(this.#file.path);
    this.#key?.dispose();
    return key;
  }

  // Threat: yesterday's file put back, or the file deleted, so that a revoked binding or an old value counts again.
  #checkMark(file: VaultMark, mark: VaultMark | null): void {
    if (mark === null || file.gen > mark.gen || (file.gen === mark.gen && file.mac === mark.mac)) return;
    if (this.#accepted === file.gen) return;
    const another = file.gen === mark.gen ? "another file of " : "";
    const seen = file.gen === 0 ? "it is missing" : `it is ${another}generation ${file.gen}`;
    throw new CoreError("VAULT_ROLLBACK", `Cannot open vault: ${seen}, the ledger has seen ${mark.gen}`, {
      hint: `if you put a backup back yourself: agentzero vault rotate --accept-generation ${file.gen}`,
    });
  }

  async #catchUp(gen: number, mac: string): Promise<void> {
    this.notices.push(`vault generation ${gen} was not in the ledger yet: a write was interrupted; noted now`);
    await this.#options.ledger.append(gen, mac);
  }

  async #locked(run: (lock: FileLock) => Promise<void>): Promise<void> {
    const lock = this.#file.lock(this.#options.clock);
    try {
      await this.load();
      await run(lock);
    } finally {
      lock.release();
    }
  }

  async #create(): Promise<OpenState> {
    const { random } = this.#options;
    const id = toHex(random.bytes(16));
    const bytes = random.bytes(32);
    const unlock = [await wrapForKeyFile(bytes, id, this.#options)];
    return { document: { id, gen: 0, unlock, entries: [] }, key: new VaultKey(bytes, id) };
  }

  async #write(draft: VaultDocument, by: { readonly key: VaultKey; readonly lock: FileLock }): Promise<void> {
    const mark = await this.#options.ledger.read();
    const document = { ...draft, gen: Math.max(draft.gen, mark?.gen ?? 0) + 1 };
    const covered = formatCovered(document);
    const mac = by.key.mac(covered);
    this.#file.write(formatVault(covered, mac), by.lock);
    this.#document = document;
    this.#key = by.key;
    this.#stamp = this.#file.stamp();
    await this.#options.ledger.append(document.gen, mac);
  }

  #forget(): void {
    this.close();
    this.#document = null;
    this.lockReason = null;
  }
}

/**
 * Gives every value of an open vault to the scanners that mask it, earlier values and signing keys included.
 *
 * @param open The vault; each value is zeroed once it was given.
 * @param redactors Who gets them.
 */
export function feedRedactors({ document, key }: OpenState, redactors: ReadonlySet<Redactor>): void {
  for (const entry of document.entries) {
    const value = key.openValue(entry);
    const handle = entry.kind === "key" ? null : key.openMeta(entry).handle;
    for (const redactor of redactors) redactor.add({ bytes: value, handle, class: "secret" });
    value.fill(0);
  }
}
