import { timingSafeEqual } from "node:crypto";
import { fromBase64, toBase64 } from "../base64.ts";
import { deriveKey } from "../crypto/kdf.ts";
import { seal, unseal } from "../crypto/seal.ts";
import { blake2b, toHex } from "../digest.ts";
import { CoreError } from "../errors.ts";
import type { Random } from "../ports.ts";
import type { EntryKind, SealedEntry } from "./document.ts";
import { type EntryMeta, formatMeta, parseMeta } from "./entry-meta.ts";

/** What an entry holds once it is open. */
export interface PlainEntry {
  readonly kind: EntryKind;
  readonly ver: number;
  readonly meta: EntryMeta;
  readonly value: Uint8Array;
}

/** The key of one vault and what is done with it. The key itself never leaves this class but wrapped. */
export class VaultKey {
  readonly #key: Uint8Array;
  readonly #nameKey: Uint8Array;
  readonly #metaKey: Uint8Array;
  readonly #valueKey: Uint8Array;
  readonly #macKey: Uint8Array;
  readonly #id: string;

  /** Takes ownership of the 32 bytes of the key; `id` is the vault's. */
  constructor(key: Uint8Array, id: string) {
    this.#key = key;
    this.#id = id;
    this.#nameKey = deriveKey(key, "azvault/1 name");
    this.#metaKey = deriveKey(key, "azvault/1 meta");
    this.#valueKey = deriveKey(key, "azvault/1 value");
    this.#macKey = deriveKey(key, "azvault/1 mac");
  }

  /** Lends the key for wrapping. */
  wrap<T>(run: (key: Uint8Array) => T): T {
    return run(this.#key);
  }

  /** The name that an entry goes by in the file: BLAKE2b-128 of its handle. */
  nameOf(handle: string): string {
    return toHex(blake2b(new TextEncoder().encode(handle), 16, this.#nameKey));
  }

  /** MAC of what a vault file says. */
  mac(covered: string): string {
    return toBase64(blake2b(new TextEncoder().encode(covered), 32, this.#macKey));
  }

  /** Checks a MAC in constant time. */
  holds(covered: string, mac: string): boolean {
    const given = fromBase64(mac);
    const expected = fromBase64(this.mac(covered));
    return given !== null && expected !== null && given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Seals an entry under fresh nonces, bound to its place. */
  seal(entry: PlainEntry, random: Random): SealedEntry {
    const h = this.nameOf(entry.meta.handle);
    const place = { h, kind: entry.kind, ver: entry.ver };
    const meta = seal(this.#metaKey, formatMeta(entry.meta), { aad: this.#aad(place, "meta"), random });
    const value = seal(this.#valueKey, entry.value, { aad: this.#aad(place, "value"), random });
    return {
      ...place,
      mn: toBase64(meta.nonce),
      meta: toBase64(meta.bytes),
      vn: toBase64(value.nonce),
      val: toBase64(value.bytes),
    };
  }

  /** Seals only the description of an entry anew. */
  resealMeta(entry: SealedEntry, meta: EntryMeta, random: Random): SealedEntry {
    const sealed = seal(this.#metaKey, formatMeta(meta), { aad: this.#aad(entry, "meta"), random });
    return { ...entry, mn: toBase64(sealed.nonce), meta: toBase64(sealed.bytes) };
  }

  /** Opens the description of an entry; throws `VAULT_TAMPERED` when it does not belong where it stands. */
  openMeta(entry: SealedEntry): EntryMeta {
    const bytes = this.#open(this.#metaKey, { nonce: entry.mn, bytes: entry.meta }, this.#aad(entry, "meta"));
    const meta = bytes === null ? null : parseMeta(bytes);
    if (meta === null || this.nameOf(meta.handle) !== entry.h) throw damaged();
    return meta;
  }

  /** Opens the value of an entry; throws `VAULT_TAMPERED` when it does not belong where it stands. */
  openValue(entry: SealedEntry): Uint8Array {
    const bytes = this.#open(this.#valueKey, { nonce: entry.vn, bytes: entry.val }, this.#aad(entry, "value"));
    if (bytes === null) throw damaged();
    return bytes;
  }

  /** Zeroes the keys. */
  dispose(): void {
    for (const key of [this.#key, this.#nameKey, this.#metaKey, this.#valueKey, this.#macKey]) key.fill(0);
  }

  #open(key: Uint8Array, sealed: { readonly nonce: string; readonly bytes: string }, aad: string): Uint8Array | null {
    const nonce = fromBase64(sealed.nonce);
    const bytes = fromBase64(sealed.bytes);
    return nonce === null || bytes === null ? null : unseal(key, { nonce, bytes }, aad);
  }

  // Threat: an entry moved to another handle, or put back in an older version. The keyed name stands for the handle,
  // which is known only after opening; `openMeta` compares the two.
  #aad(entry: Pick<SealedEntry, "h" | "kind" | "ver">, part: "meta" | "value"): string {
    return `azvault/1\n${this.#id}\n${entry.h}\n${entry.kind}\n${entry.ver}\n${part}`;
  }
}

function damaged(): CoreError {
  return new CoreError("VAULT_TAMPERED", "Cannot open vault: an entry does not belong where it stands", {
    hint: "put a backup back, then: agentzero vault rotate --accept-generation N",
  });
}
