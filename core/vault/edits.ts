import { type Binding, MAX_BINDINGS } from "../bindings.ts";
import { CoreError } from "../errors.ts";
import { isHandle } from "../handle.ts";
import type { Random } from "../ports.ts";
import type { SetOptions } from "../vault.ts";
import type { SealedEntry } from "./document.ts";
import type { EntryMeta } from "./entry-meta.ts";
import type { VaultKey } from "./vault-key.ts";

/** What an edit works on. */
export interface EditBase {
  readonly key: VaultKey;
  readonly entries: readonly SealedEntry[];
  readonly random: Random;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A value to store. */
export interface Replacement {
  readonly handle: string;
  readonly value: Uint8Array;
  /** Changes the description that is kept. */
  readonly describe: (meta: EntryMeta) => EntryMeta;
  /** `true`: earlier values are dropped instead of kept for masking. */
  readonly forget: boolean;
}

/** Stores a value; what it replaces stays as an earlier value. Returns the entries and the new version. */
export function putSecret(
  base: EditBase,
  wanted: Replacement,
): { readonly entries: readonly SealedEntry[]; readonly version: number } {
  const { key, entries, random, now } = base;
  const h = key.nameOf(wanted.handle);
  const old = entries.find((entry) => entry.h === h && entry.kind === "secret");
  const earlier = entries.filter((entry) => entry.h === h && entry.kind === "previous");
  const version = Math.max(0, old?.ver ?? 0, ...earlier.map((entry) => entry.ver)) + 1;
  const before = old === undefined ? newMeta(wanted.handle, now) : { ...key.openMeta(old), rotated: now };
  const next = key.seal({ kind: "secret", ver: version, meta: wanted.describe(before), value: wanted.value }, random);
  const others = entries.filter((entry) => entry.h !== h);
  if (wanted.forget) return { entries: [...others, next], version };
  const retired = old === undefined ? [] : [retire(base, old)];
  return { entries: [...others, ...earlier, ...retired, next], version };
}

/** Changes the description of a secret; throws `SECRET_UNKNOWN`. */
export function describeSecret(
  base: EditBase,
  handle: string,
  describe: (meta: EntryMeta) => EntryMeta,
): readonly SealedEntry[] {
  const { key, entries, random } = base;
  const h = key.nameOf(handle);
  const old = entries.find((entry) => entry.h === h && entry.kind === "secret");
  if (old === undefined) throw unknownSecret(handle);
  const next = key.resealMeta(old, describe(key.openMeta(old)), random);
  return entries.map((entry) => (entry === old ? next : entry));
}

/** Removes an entry and its earlier values; throws `SECRET_UNKNOWN`. */
export function removeEntry(base: EditBase, handle: string): readonly SealedEntry[] {
  const h = base.key.nameOf(handle);
  const left = base.entries.filter((entry) => entry.h !== h);
  if (left.length === base.entries.length) throw unknownSecret(handle);
  return left;
}

/** Adds a signing key; throws `SECRET_EXISTS`. */
export function addKey(base: EditBase, handle: string, value: Uint8Array): readonly SealedEntry[] {
  const { key, entries, random, now } = base;
  if (entries.some((entry) => entry.h === key.nameOf(handle))) throw secretExists(handle);
  return [...entries, key.seal({ kind: "key", ver: 1, meta: newMeta(handle, now), value }, random)];
}

/** A description with what a person wants of it; what they left out stays as it is. */
export function withOptions(meta: EntryMeta, options: SetOptions, bindings: readonly Binding[] | undefined): EntryMeta {
  return {
    ...meta,
    note: options.note === undefined ? meta.note : options.note,
    expires: options.expires === undefined ? meta.expires : options.expires,
    bind: bindings ?? meta.bind,
  };
}

/** A description with one more binding, each kept once; throws `VAULT_FULL`. */
export function withBinding(handle: string, meta: EntryMeta, binding: Binding): EntryMeta {
  if (meta.bind.some((known) => JSON.stringify(known) === JSON.stringify(binding))) return meta;
  if (meta.bind.length < MAX_BINDINGS) return { ...meta, bind: [...meta.bind, binding] };
  throw new CoreError("VAULT_FULL", `Cannot bind "${handle}": it has ${MAX_BINDINGS} bindings already`, {
    hint: `agentzero vault bind ${handle} --clear removes them all`,
  });
}

/** The error for a handle that the vault does not have. What is no handle is not repeated: it may be a value. */
export function unknownSecret(handle: string): CoreError {
  const name = isHandle(handle) || /^key:[a-z0-9._-]{1,32}$/.test(handle) ? `"${handle}"` : "of that name";
  return new CoreError("SECRET_UNKNOWN", `Cannot find secret ${name}`, {
    hint: "agentzero vault list shows what there is",
  });
}

/** The error for a handle that the vault has already. */
export function secretExists(handle: string): CoreError {
  return new CoreError("SECRET_EXISTS", `Cannot store "${handle}": it exists already`, {
    hint: "add --update to replace it, or use: agentzero vault rotate",
  });
}

function retire(base: EditBase, old: SealedEntry): SealedEntry {
  const { key, random, now } = base;
  const value = key.openValue(old);
  // An earlier value goes nowhere: it is only masked.
  const meta = { ...key.openMeta(old), rotated: now, bind: [] };
  const entry = key.seal({ kind: "previous", ver: old.ver, meta, value }, random);
  value.fill(0);
  return entry;
}

function newMeta(handle: string, now: number): EntryMeta {
  return { handle, note: null, created: now, rotated: null, expires: null, bind: [] };
}
