import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatPublicKey, type Keys, openKeys, parsePublicKey } from "../../../core/mod.ts";
import { auditSettings } from "../../compose/audit-settings.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { peekHome } from "../../home.ts";

const PROTECTS = "the keys protect copies of the project folder, not against a program that runs as you";

/** `audit keys list`: who signs, who can read, what protects the keys. */
export async function auditKeys(context: CommandContext): Promise<void> {
  const keys = await existingKeys(context);
  const settings = auditSettings(await personalConfig(peekHome(context.home), context.system.env));
  const auditors = settings.recipients === "self" ? [] : settings.auditor.map((line) => parsePublicKey(line).kid);
  const own = settings.recipients === "auditor" ? [] : [keys.auditBox.kid];
  const older = keys.auditBoxIds().slice(1);
  if (context.json) {
    context.output.json({
      v: 1,
      identity: { kid: keys.auditSign.kid, pub: signingLine(keys) },
      reader: { kid: keys.auditBox.kid, pub: readingLine(keys), older },
      recipients: settings.recipients,
      readers: [...own, ...auditors],
      passphrase: keys.passphrase,
      note: PROTECTS,
    });
    return;
  }
  context.output.table([
    ["identity", keys.auditSign.kid, "signs headers and ledger lines (audit-sign)"],
    [
      "reader",
      keys.auditBox.kid,
      own.length > 0 ? "reads new segments (audit-box)" : "reads older segments only (audit-box)",
    ],
    ...older.map((kid) => ["reader", kid, "reads older segments"]),
    ...auditors.map((kid) => ["auditor", kid, "reads new segments (audit.auditor)"]),
    [
      "passphrase",
      keys.passphrase ? "set" : "none",
      keys.passphrase ? "seals reading key and vault key" : "files of mode 0600",
    ],
  ]);
  context.output.text(`${PROTECTS}.`);
}

/** `audit keys pub`: the one line that an auditor pins out of band. */
export async function auditKeysPub(context: CommandContext, input: CommandInput): Promise<void> {
  const keys = await existingKeys(context);
  const line = input.flag("reader") ? readingLine(keys) : signingLine(keys);
  if (context.json) context.output.json({ v: 1, pub: line });
  else context.output.text(line);
}

/**
 * Opens the keys of this installation without making any.
 *
 * @param context The command's context.
 * @returns The keys, locked if a passphrase is set.
 * @throws {CliError} `NOT_FOUND` when there are none yet.
 */
export async function existingKeys(context: CommandContext): Promise<Keys> {
  const home = peekHome(context.home);
  if (existsSync(join(home, "keys", "audit-sign.key"))) return await openKeys({ home, random: context.system.random });
  throw new CliError("NOT_FOUND", `Cannot show keys: there are none in "${home}" yet`, {
    hint: "they are made on first use, e.g. by: agentzero init",
  });
}

function signingLine({ auditSign: { kid, publicKey } }: Keys): string {
  return formatPublicKey({ use: "audit-sign", kid, publicKey }).trimEnd();
}

function readingLine({ auditBox: { kid, publicKey } }: Keys): string {
  return formatPublicKey({ use: "audit-box", kid, publicKey }).trimEnd();
}
