import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  acceptVaultGeneration,
  expandHandle,
  loadSodium,
  newVaultRecipient,
  parsePublicKey,
  type PublicKey,
} from "../../../core/mod.ts";
import { vaultOptions } from "../../compose/secrets.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { readNamedText } from "../../read-named-text.ts";
import { badUsage } from "../../usage.ts";
import { changeVault, openParts, withVault } from "./open.ts";
import { readValue, refuseValues } from "./read-value.ts";

/** A file with a public key is never longer. */
const MAX_KEY_BYTES = 65_536;

const OPTIONS = [
  "--forget",
  "--vault-key",
  "--unlock",
  "--recipient",
  "--new-recipient",
  "--accept-generation",
  "--json",
];

/** Runs `vault rotate`: a value, the vault key, or the acceptance of a backup. */
export async function vaultRotate(context: CommandContext, input: CommandInput): Promise<void> {
  refuseValues(input, 1, OPTIONS);
  const generation = input.option("acceptGeneration");
  const handle = input.arg(0);
  const wanted = [handle !== undefined, input.flag("vaultKey"), generation !== undefined].filter(Boolean).length;
  if (wanted !== 1) {
    throw badUsage(
      "Cannot rotate: name one handle, --vault-key or --accept-generation N",
      "see: agentzero vault rotate --help",
    );
  }
  if (generation !== undefined) await acceptGeneration(context, generation);
  else if (handle === undefined) await rotateKey(context, input);
  else await rotateValue(context, handle, input.flag("forget"));
}

async function rotateValue(context: CommandContext, text: string, forget: boolean): Promise<void> {
  const handle = expandHandle(text);
  await withVault(context, async (vault, parts) => {
    await vault.info(handle);
    const value = await readValue(context, handle);
    const report = await changeVault(context, parts, {
      reason: forget ? "rotate a secret, forget the earlier value" : "rotate a secret",
      handles: [handle],
      run: () => vault.rotate(handle, value, forget),
    });
    for (const warning of report.warnings) context.output.note(`warning: ${warning}`);
    if (context.json) context.output.json({ v: 1, ok: true, handle, ...report });
    else {
      const kept = forget ? "the earlier value is forgotten" : "the earlier value stays masked for 30 days";
      context.output.text(`${handle}  version ${report.version}  rotated; ${kept}`);
    }
  });
}

async function rotateKey(context: CommandContext, input: CommandInput): Promise<void> {
  const by = input.option("unlock");
  // Whoever reads a public key checks its id.
  await loadSodium();
  const recipients = input.options("recipient").map((file) => readRecipient(resolve(context.cwd, file)));
  const folder = input.option("newRecipient");
  const dropped = input.option("dropRecipient");
  await withVault(context, async (vault, parts) => {
    if (vault.state === "none") throw new CliError("NOT_FOUND", "Cannot rotate the vault key: there is no vault yet");
    await vault.list();
    const made = folder === undefined ? null : makeRecipient(context, folder);
    await changeVault(context, parts, {
      reason: "rotate the vault key",
      handles: [],
      run: () =>
        vault.rotateVaultKey({
          by: by === "key" || by === "command" ? by : undefined,
          addRecipients: made === null ? recipients : [...recipients, made],
          dropRecipients: dropped === undefined ? [] : [dropped],
        }),
    });
    const { generation, unlockers } = vault;
    if (context.json) context.output.json({ v: 1, ok: true, generation, unlock: unlockers });
    else {context.output.text(`vault key rotated; unlocked by ${
        unlockers.map(({ by: kind, kid }) => `${kind} ${kid}`).join(", ")
      }`);}
    if (made !== null) {
      context.output.note(
        `"${
          join(folder ?? "", "vault-box.key")
        }" opens this vault: keep it elsewhere, e.g. in another home's keys folder`,
      );
    }
  });
}

async function acceptGeneration(context: CommandContext, text: string): Promise<void> {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text)) {
    throw badUsage(`Cannot accept generation "${text}": it is no number`, "the error of the vault names it");
  }
  // Threat: a script, or a model, that puts an old vault back and accepts it. A person types the number again.
  const typed = await context.terminal?.line(
    `Accept generation ${text} of the vault, older than the ledger knows? Type ${text}: `,
  );
  if (context.terminal === null) {
    throw new CliError("NO_TERMINAL", "Cannot accept an older vault: this needs a person at a terminal", {
      hint: "run it in a terminal",
    });
  }
  if (typed?.trim() !== text) throw new CliError("INTERRUPTED", "Cannot accept an older vault: it was not confirmed");
  const parts = await openParts(context);
  const generation = await changeVault(context, parts, {
    reason: `accept generation ${text} of the vault`,
    handles: [],
    run: () => acceptVaultGeneration(vaultOptions(context, parts), Number(text)),
  });
  if (context.json) context.output.json({ v: 1, ok: true, generation });
  else context.output.text(`accepted; the vault is now generation ${generation}`);
}

function readRecipient(file: string): PublicKey {
  const key = parsePublicKey(readNamedText(file, `public key "${file}"`, {
    maxBytes: MAX_KEY_BYTES,
    hint: "expected a file with one line azpub/1 vault-box …",
  }));
  if (key.use === "vault-box") return key;
  throw badUsage(`Cannot seal the vault to "${file}": it is a key for ${key.use}`, "make one with --new-recipient DIR");
}

function makeRecipient(context: CommandContext, folder: string): PublicKey {
  const path = resolve(context.cwd, folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return newVaultRecipient(path, context.system.random);
}
