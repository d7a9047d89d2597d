import {
  type Binding,
  describeDeclared,
  handleProvider,
  parseSecretDeclarations,
  type SecretInfo,
  type Vault,
} from "../../../core/mod.ts";
import type { CommandContext } from "../../context.ts";
import { withVault } from "./open.ts";

/** Runs `vault list`. */
export async function vaultList(context: CommandContext): Promise<void> {
  await withVault(context, async (vault, parts) => {
    const declared = parseSecretDeclarations(parts.config.user.secrets, context.userHome);
    const secrets = [
      ...(await vault.list()),
      ...declared.map(describeDeclared),
    ];
    const protection = describeProtection(vault, parts.installation.keys.passphrase);
    if (context.json) {
      context.output.json({
        v: 1,
        vault: { state: vault.state, generation: vault.generation, unlock: vault.unlockers, protection },
        secrets: secrets.map(toJson),
      });
      return;
    }
    if (secrets.length === 0) context.output.text("no secrets yet: agentzero vault set NAME/KEY");
    else context.output.table([["HANDLE", "VERSION", "ROTATED", "EXPIRES", "BOUND TO"], ...secrets.map(toRow)]);
    if (vault.state !== "none") context.output.note(protection);
  });
}

function toJson(secret: SecretInfo): unknown {
  return {
    handle: secret.handle,
    provider: handleProvider(secret.handle),
    version: secret.version,
    note: secret.note,
    created: isoTime(secret.created),
    rotated: isoTime(secret.rotated),
    expires: isoTime(secret.expires),
    expired: secret.expired,
    bindings: secret.bindings,
  };
}

function toRow(secret: SecretInfo): readonly string[] {
  const places = secret.bindings.map(describeBinding).join(", ");
  return [
    secret.handle,
    String(secret.version),
    isoTime(secret.rotated)?.slice(0, 10) ?? "-",
    `${isoTime(secret.expires)?.slice(0, 10) ?? "-"}${secret.expired ? " (expired)" : ""}`,
    places === "" ? "nothing: unusable until `vault bind`" : places,
  ];
}

function describeBinding(binding: Binding): string {
  const narrow = [binding.methods?.join(","), binding.tool, binding.skill, binding.provider, binding.command];
  return [binding.slot, "at", binding.host ?? "any host", ...narrow.filter((part) => part !== undefined)].join(" ")
    .replace(" at any host", "");
}

function describeProtection(vault: Vault, passphrase: boolean): string {
  const kinds = [...new Set(vault.unlockers.map((unlocker) => unlocker.by))];
  if (kinds.length === 0) return "there is no vault yet";
  const ways = `unlocked by: ${kinds.join(", ")}`;
  if (!kinds.includes("key")) return ways;
  return passphrase
    ? `${ways}; the key file is protected by your passphrase`
    : `${ways}; the key lies in the keys folder: this protects copies of the vault without that folder, nothing more`;
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
