import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Vault } from "../../../core/mod.ts";
import { parsePublicKey, parseSecretKey, type PublicSigningKey, readRegular } from "../../../skills/mod.ts";

/** A signing key of one's own. */
export interface OwnKey {
  readonly name: string;
  readonly key: PublicSigningKey;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const MAX_PUB_BYTES = 1_024;

/** Path of the public half. */
export function publicKeyPath(home: string, name: string): string {
  return join(home, "keys", `${name}.pub`);
}

/** Tells whether a key can be called so: the names of the installation's own keys are taken. */
export function isKeyName(name: string): boolean {
  return NAME.test(name) && !name.includes("..") &&
    !/^(?:tag|unlock|vault|vault-box|audit-sign|audit-box)(?:\.|$)/.test(name);
}

/** Lists the public halves beside the keys of the installation, sorted by name. */
export function listOwnKeys(home: string): readonly OwnKey[] {
  return publicNames(home).toSorted().flatMap((name) => {
    const key = readOwnKey(home, name);
    return key === null ? [] : [{ name, key }];
  });
}

function publicNames(home: string): readonly string[] {
  try {
    return readdirSync(join(home, "keys")).filter((file) => file.endsWith(".pub")).map((file) => file.slice(0, -4))
      .filter(isKeyName);
  } catch {
    return [];
  }
}

/** Reads a public half; `null` when there is none of the form of minisign. */
export function readOwnKey(home: string, name: string): PublicSigningKey | null {
  const file = readRegular(publicKeyPath(home, name), MAX_PUB_BYTES);
  if (file.kind !== "ok") return null;
  try {
    return parsePublicKey(new TextDecoder().decode(file.bytes));
  } catch {
    return null;
  }
}

/** Gives the public half of a key of the vault, which says the truth even where the file is gone. */
export async function publicHalf(vault: Vault, name: string): Promise<PublicSigningKey> {
  return await vault.useKey(name, (value) =>
    value.use((line) => {
      const key = parseSecretKey(line);
      key.secret.fill(0);
      return key.public;
    }));
}
