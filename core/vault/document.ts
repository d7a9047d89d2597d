import { fromBase64 } from "../base64.ts";
import { CoreError } from "../errors.ts";
import { checked, integer, list, object, oneOf, string } from "../shape.ts";

/** The format of vault files. */
export const VAULT_FORMAT = "azvault/1";
/** The most entries of a vault, earlier values and keys included. */
export const MAX_ENTRIES = 500;

/** What an entry is: a value, the value before a rotation (masked, never resolved), or a signing key. */
export const ENTRY_KINDS = ["secret", "previous", "key"] as const;
/** One of {@link ENTRY_KINDS}. */
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Whom the vault key is wrapped for. */
export const UNLOCKER_KINDS = ["key", "command", "recipient"] as const;
/** One of {@link UNLOCKER_KINDS}. */
export type UnlockerKind = (typeof UNLOCKER_KINDS)[number];

/** The vault key, wrapped for one way of unlocking. */
export interface Unlocker {
  readonly by: UnlockerKind;
  /** Id of the key it is wrapped for. */
  readonly kid: string;
  /** Base64 of the wrapped key. */
  readonly w: string;
}

/** One sealed entry; binary fields are base64. */
export interface SealedEntry {
  /** Keyed hash of the handle: names are not in clear. */
  readonly h: string;
  readonly kind: EntryKind;
  readonly ver: number;
  readonly mn: string;
  readonly meta: string;
  readonly vn: string;
  readonly val: string;
}

/** A vault file without its MAC. */
export interface VaultDocument {
  readonly id: string;
  /** Grows by one with each write. */
  readonly gen: number;
  readonly unlock: readonly Unlocker[];
  readonly entries: readonly SealedEntry[];
}

/** A vault file as it stands on disk. */
export interface VaultText {
  readonly document: VaultDocument;
  /** Every byte that the MAC covers. */
  readonly covered: string;
  readonly mac: string;
}

const BASE64 = checked(string(), (value) => fromBase64(value) !== null, "it is not base64");
const HEX32 = string({ pattern: /^[0-9a-f]{32}$/ });
const UNLOCKER = object({ by: oneOf(...UNLOCKER_KINDS), kid: string({ pattern: /^[0-9a-f]{16}$/ }), w: BASE64 });
const ENTRY = object({
  h: HEX32,
  kind: oneOf(...ENTRY_KINDS),
  ver: integer({ min: 1 }),
  mn: BASE64,
  meta: BASE64,
  vn: BASE64,
  val: BASE64,
});
const SHAPE = object({
  v: oneOf(VAULT_FORMAT),
  id: HEX32,
  gen: integer({ min: 1 }),
  unlock: list(UNLOCKER, { max: 64 }),
  entries: list(ENTRY, { max: MAX_ENTRIES }),
  mac: BASE64,
});

/** Writes a document up to and including `"mac":"`, the part that the MAC covers. */
export function formatCovered(document: VaultDocument): string {
  const { id, gen, unlock, entries } = document;
  const fields = {
    v: VAULT_FORMAT,
    id,
    gen,
    unlock: unlock.map(({ by, kid, w }) => ({ by, kid, w })),
    entries: entries.map(({ h, kind, ver, mn, meta, vn, val }) => ({ h, kind, ver, mn, meta, vn, val })),
  };
  return `${JSON.stringify(fields).slice(0, -1)},"mac":"`;
}

/** Completes a vault file. */
export function formatVault(covered: string, mac: string): string {
  return `${covered}${mac}"}\n`;
}

/**
 * Reads a vault file in its one form. Nothing is opened and nothing is trusted yet.
 *
 * @throws {CoreError} `VAULT_UNSUPPORTED` for a later version, `VAULT_TAMPERED` for anything else that is not this form.
 */
export function parseVault(text: string, path: string): VaultText {
  const shape = SHAPE.safeParse(parseJson(text));
  if (!shape.success) {
    const later = /^\{"v":"azvault\/([2-9]|[1-9][0-9]+)"/.exec(text)?.[1];
    if (later === undefined) throw tampered(path);
    throw new CoreError("VAULT_UNSUPPORTED", `Cannot open vault "${path}": it is of version azvault/${later}`, {
      hint: "it was written by a newer agentzero; use that one",
    });
  }
  const { mac, ...document } = shape.data;
  const covered = formatCovered(document);
  // Threat: two texts for one content (key order, spaces, duplicate keys). Only the one we write is read.
  if (formatVault(covered, mac) !== text) throw tampered(path);
  return { document, covered, mac };
}

/** The one error for a damaged or changed vault. */
export function tampered(path: string): CoreError {
  return new CoreError("VAULT_TAMPERED", `Cannot open vault "${path}": it was changed or damaged`, {
    hint: "put a backup back, then: agentzero vault rotate --accept-generation N",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
