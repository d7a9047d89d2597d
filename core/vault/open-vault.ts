import { CoreError } from "../errors.ts";
import type { OpenVaultOptions, Vault } from "../vault.ts";
import { FileVault } from "./file-vault.ts";

/**
 * Opens the vault of a home. Without a vault file nothing is made, asked or loaded.
 *
 * @example
 * ```ts
 * const vault = await openVault({ home, keys, clock, random, ledger, permits });
 * await vault.feed(redactor);
 * const binding = await vault.bindingFor(handle, place);
 * ```
 * @param options Where it is and what it needs.
 * @returns The vault; `state` is `locked` when it could not be unlocked.
 * @throws {CoreError} `VAULT_TAMPERED`, `VAULT_ROLLBACK`, `VAULT_UNSUPPORTED`, `VAULT_UNSAFE`: nothing was opened then.
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const vault = new FileVault(options);
  await vault.load();
  return vault;
}

/**
 * Accepts a vault file that is older than the ledger knows, after a backup was put back. The caller has asked a person
 * on a terminal and records it.
 *
 * @param options Where it is and what it needs.
 * @param generation The generation of the file as the person typed it; 0 when the file was lost.
 * @returns The new generation, above all that were seen.
 * @throws {CoreError} `VAULT_ROLLBACK` when the file has another generation, and whatever {@link openVault} throws.
 */
export async function acceptVaultGeneration(options: OpenVaultOptions, generation: number): Promise<number> {
  if (!Number.isSafeInteger(generation) || generation < 0) {
    throw new CoreError("VAULT_ROLLBACK", `Cannot accept vault generation ${generation}: it is not a number of one`);
  }
  const vault = new FileVault(options, generation);
  try {
    await vault.load();
    await vault.settle();
    return vault.generation;
  } finally {
    vault.close();
  }
}
