import { lstatSync } from "node:fs";
import { createFileOnce, SecretBytes } from "../../../core/mod.ts";
import {
  checkNamespace,
  createSigningKey,
  formatPublicKey,
  formatSecretKey,
  keyDigest,
  keyIdText,
  pinKey,
  SkillsError,
} from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { withVault } from "../vault/open.ts";
import { isKeyName, publicKeyPath } from "./own-keys.ts";
import { recordKeyUse } from "./record.ts";

/** Runs `key generate`: the secret half goes to the vault and nowhere else. */
export async function keyGenerate(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  const namespace = input.option("namespace") ?? name;
  if (!isKeyName(name)) {
    throw badUsage(
      `Cannot make key "${name}": it is no name of a key, or taken by this installation`,
      "use a-z 0-9 . _ - and begin with a letter or digit",
    );
  }
  checkNamespace(namespace);
  await withVault(context, async (vault, { installation }) => {
    const path = publicKeyPath(installation.home, name);
    const taken = (await vault.keyNames()).includes(name) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    if (taken) {
      throw new SkillsError("KEY_EXISTS", `Cannot make key "${name}": there is one of that name`, {
        hint: "choose another name; see `agentzero key list`",
      });
    }
    const key = createSigningKey(context.system.random);
    const id = keyIdText(key.public.id);
    const digest = keyDigest(key.public.text);
    const { home, keys } = installation;
    await recordKeyUse(context, installation, {
      action: "key generate",
      reason: `made signing key "${name}" ${id} (${digest}), pinned for "${namespace}"`,
      run: async () => {
        const secret = new SecretBytes(formatSecretKey(key));
        key.secret.fill(0);
        await vault.putKey(name, secret);
        try {
          pinKey({ home, keys, clock: context.system.clock }, { namespace, key: key.public });
        } catch (cause) {
          // A namespace whose publisher names its keys in a statement takes no other: nothing stays behind.
          await vault.removeKey(name);
          throw cause;
        }
        createFileOnce(path, new TextEncoder().encode(formatPublicKey(key.public)), 0o644);
      },
    });
    const made = { v: 1, name, namespace, key: key.public.text, id, digest, file: path };
    if (context.json) context.output.json(made);
    else {
      context.output.text(`${name}  ${id}  signs for ${namespace}`);
      context.output.note(`give this file to those who install your skills: ${path}`);
    }
  });
}
