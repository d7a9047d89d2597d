import { writeFileAtomic } from "../../../core/mod.ts";
import { type PackageContent, parseSecretKey, signPackage, SkillsError } from "../../../skills/mod.ts";
import type { CommandContext } from "../../context.ts";
import { recordKeyUse } from "../key/record.ts";
import { withVault } from "../vault/open.ts";

/** A package that can be signed. */
export interface Signable {
  readonly archive: Uint8Array;
  readonly content: PackageContent;
}

/**
 * Signs a package with a key of the vault. The use of the key is on record before. Nothing is written, so that who packs
 * and signs in one go leaves no package behind where the key cannot be used.
 *
 * @param context The command's context.
 * @param file The package.
 * @param name Name of the key.
 * @returns The signature, for {@link writeSignature}.
 * @throws {SkillsError} `NOT_FOUND` for an unknown key.
 */
export async function signFile(context: CommandContext, file: Signable, name: string): Promise<string> {
  const { archive, content } = file;
  return await withVault(context, async (vault, parts) => {
    if (!(await vault.keyNames()).includes(name)) {
      throw new SkillsError("NOT_FOUND", `Cannot sign: there is no key "${name}"`, {
        hint: "see `agentzero key list`, or make one: agentzero key generate NAME",
      });
    }
    return await recordKeyUse(context, parts.installation, {
      action: "skill sign",
      reason: `signed ${content.manifest.id}@${content.manifest.version} (${content.digest}) with key "${name}"`,
      run: () => vault.useKey(name, (value) => value.use((line) => signWith(line, archive, content))),
    });
  });
}

/** Writes a signature beside its package and returns where. */
export function writeSignature(path: string, text: string): string {
  const sig = `${path}.minisig`;
  writeFileAtomic(sig, new TextEncoder().encode(text), 0o644);
  return sig;
}

function signWith(line: Uint8Array, archive: Uint8Array, content: PackageContent): string {
  const key = parseSecretKey(line);
  try {
    return signPackage(archive, content, key);
  } finally {
    key.secret.fill(0);
  }
}
