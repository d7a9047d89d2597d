import { CoreError } from "../errors.ts";
import { MAX_ENTRIES, type SealedEntry } from "./document.ts";
import type { VaultKey } from "./vault-key.ts";

/** How long the value before a rotation stays masked, in milliseconds. */
export const PREVIOUS_MS: number = 30 * 24 * 3_600_000;

/** All values together, in bytes: the scanner keeps some 25 times as much in its tables. */
export const MAX_TOTAL_BYTES: number = 512 * 1024;

/** Leaves out earlier values whose time is over. */
export function pruneEntries(key: VaultKey, entries: readonly SealedEntry[], now: number): readonly SealedEntry[] {
  return entries.filter((entry) => {
    if (entry.kind !== "previous") return true;
    const { rotated, created } = key.openMeta(entry);
    return now - (rotated ?? created) < PREVIOUS_MS;
  });
}

/** Brings entries into an order that says nothing about when they were added. */
export function sortEntries(entries: readonly SealedEntry[]): readonly SealedEntry[] {
  return entries.toSorted((a, b) => {
    if (a.h !== b.h) return a.h < b.h ? -1 : 1;
    return a.kind === b.kind ? a.ver - b.ver : a.kind < b.kind ? -1 : 1;
  });
}

/**
 * Refuses what a vault cannot hold.
 *
 * @throws {CoreError} `VAULT_FULL`.
 */
export function checkRoom(entries: readonly SealedEntry[]): void {
  const bytes = entries.reduce((sum, entry) => sum + (entry.val.length * 3) / 4 - 16, 0);
  const seen = entries.length > MAX_ENTRIES
    ? `it holds at most ${MAX_ENTRIES} entries`
    : bytes > MAX_TOTAL_BYTES
    ? `its values may have at most ${MAX_TOTAL_BYTES} bytes together`
    : null;
  if (seen === null) return;
  throw new CoreError("VAULT_FULL", `Cannot store in the vault: ${seen}`, {
    hint: "remove what is no longer used: agentzero vault list, agentzero vault rm HANDLE",
  });
}
