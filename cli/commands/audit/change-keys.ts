import { join } from "node:path";
import { announceIdentity, createVaultLedger, writerFacts } from "../../../audit/mod.ts";
import {
  changePassphrase,
  checkPassphrase,
  checkUnlocked,
  MIN_PASSPHRASE_LENGTH,
  rotateIdentity,
  rotateReadingKey,
} from "../../../core/mod.ts";
import { auditSettings } from "../../compose/audit-settings.ts";
import type { Installation } from "../../compose/installation.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { peekHome } from "../../home.ts";
import { CliError } from "../../errors.ts";
import { readPassphrase } from "../../passphrase.ts";
import { findProject, PROJECT_FOLDER } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";
import { openUnlocked, recordKeyChange } from "./record-key-change.ts";

/** `audit keys rotate`: a new reading key, or with `--identity` a new signing key, announced by the old one. */
export async function auditKeysRotate(context: CommandContext, input: CommandInput): Promise<void> {
  const installation = await openUnlocked(context, input);
  const { home, keys } = installation;
  const { clock, random } = context.system;
  // Refused before it is recorded: what did not happen has no place in the record.
  if (!input.flag("identity")) checkUnlocked(keys);
  const before = input.flag("identity") ? keys.auditSign.kid : keys.auditBox.kid;
  const after = input.flag("identity") ? await rotateSigning(context, installation) : await recordKeyChange(context, {
    installation,
    reason: `new reading key instead of ${before}`,
    run: async () => (await rotateReadingKey({ home, keys, clock, random })).auditBox.kid,
  });
  if (context.json) context.output.json({ v: 1, before, after });
  else {context.output.text(
      `${before} -> ${after}: for new segments; what was written before stays readable and verifiable`,
    );}
}

/** `audit keys passphrase`: sets, changes or removes what protects reading key and vault. */
export async function auditKeysPassphrase(context: CommandContext, input: CommandInput): Promise<void> {
  const remove = input.flag("remove");
  if (remove && input.option("newPassphraseFile") !== undefined) {
    throw badUsage("Cannot change the passphrase: --remove and a new one were both given", "leave one of them out");
  }
  const installation = await openUnlocked(context, input);
  const { home, keys } = installation;
  checkUnlocked(keys);
  if (remove && !keys.passphrase) {
    if (context.json) context.output.json({ v: 1, passphrase: false });
    else context.output.text("no passphrase is set: nothing was changed");
    return;
  }
  const passphrase = remove ? null : await newPassphrase(context, input);
  if (passphrase !== null) checkPassphrase(passphrase);
  const { clock, random } = context.system;
  const what = remove ? "passphrase removed" : keys.passphrase ? "passphrase changed" : "passphrase set";
  await recordKeyChange(context, {
    installation,
    reason: what,
    run: async () => {
      await changePassphrase({ home, keys, clock, random }, passphrase);
    },
  });
  if (context.json) context.output.json({ v: 1, passphrase: !remove });
  else context.output.text(`${what}: it ${remove ? "no longer seals" : "seals"} the reading key and the vault key`);
}

async function rotateSigning(context: CommandContext, installation: Installation): Promise<string> {
  const { home, keys } = installation;
  const { clock, random } = context.system;
  const project = findProject(context);
  const { anchors } = auditSettings(await personalConfig(peekHome(context.home), context.system.env));
  return await recordKeyChange(context, {
    installation,
    reason: `new identity instead of ${keys.auditSign.kid}`,
    run: async () => {
      const dir = project === null ? join(home, "audit") : join(project, PROJECT_FOLDER, "audit");
      const common = { home, anchors, clock, random, writer: writerFacts(installation.facts) };
      const vault = await createVaultLedger({ ...common, keys }).read();
      const rotated = await rotateIdentity({ home, keys, clock, random }, async (next) => {
        await announceIdentity({ ...common, dir, keys, next: next.publicKey });
        const own = {
          tag: keys.tag,
          auditSign: next,
          auditBox: keys.auditBox,
          auditBoxSecret: (kid?: string) => keys.auditBoxSecret(kid),
        };
        // The new one accepts: without a line of its own behind the old one's, anybody could claim to be its predecessor.
        await announceIdentity({ ...common, dir, keys: own, next: next.publicKey });
        // Once it is in force, the vault believes only what it signed.
        if (vault !== null) await createVaultLedger({ ...common, keys: own }).append(vault.gen, vault.mac);
      });
      return rotated.auditSign.kid;
    },
  });
}

async function newPassphrase(context: CommandContext, input: CommandInput): Promise<string> {
  const { system, terminal } = context;
  const file = input.option("newPassphraseFile");
  if (file !== undefined) {
    return await readPassphrase({ file, cwd: context.cwd, system, terminal: null }) ?? "";
  }
  if (terminal === null) {
    throw new CliError("NO_TERMINAL", "Cannot ask for a new passphrase: there is no terminal", {
      hint: "give it with --new-passphrase-file FILE (mode 0600, first line)",
    });
  }
  context.output.note(
    `At least ${MIN_PASSPHRASE_LENGTH} characters. Nobody can recover it: without it, what was recorded stays closed.`,
  );
  const [first, second] = [await terminal.hidden("New passphrase: "), await terminal.hidden("Once more: ")];
  if (first === null || second === null) throw new CliError("INTERRUPTED", "Cannot set passphrase: interrupted");
  const [text, again] = [first, second].map((bytes) => new TextDecoder().decode(bytes));
  first.fill(0);
  second.fill(0);
  if (text !== undefined && text === again) return text;
  throw new CliError("INPUT_INVALID", "Cannot set passphrase: the two entries differ", { hint: "try again" });
}
