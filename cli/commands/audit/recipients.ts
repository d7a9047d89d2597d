import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parsePublicKey, type PublicKey, readOwnFile, writeFileAtomic } from "../../../core/mod.ts";
import { auditSettings } from "../../compose/audit-settings.ts";
import { openInstallation } from "../../compose/installation.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { peekHome } from "../../home.ts";
import { CliError } from "../../errors.ts";
import { recordKeyChange } from "./record-key-change.ts";

const MAX_CONFIG_BYTES = 262_144;

/** `audit keys recipient add`: new segments can be read by this auditor too. */
export async function auditRecipientAdd(context: CommandContext, input: CommandInput): Promise<void> {
  const key = readReader(context, input.arg(0) ?? "");
  const before = auditSettings(await personalConfig(peekHome(context.home), context.system.env));
  const others = before.auditor.filter((line) => parsePublicKey(line).kid !== key.kid);
  const auditor = [...others, `azpub/1 audit-box ${key.kid} ${Buffer.from(key.publicKey).toString("base64")}`];
  const recipients = input.flag("only") || before.recipients === "auditor" ? "auditor" : "both";
  await change(context, { recipients, auditor }, `reader ${key.kid} added (${recipients})`);
  if (context.json) context.output.json({ v: 1, recipients, added: key.kid });
  else {context.output.text(
      `${key.kid} can read what is recorded from now on${recipients === "auditor" ? "; you cannot" : ""}`,
    );}
}

/** `audit keys recipient rm`: new segments are no longer written for this auditor. */
export async function auditRecipientRemove(context: CommandContext, input: CommandInput): Promise<void> {
  const kid = input.arg(0) ?? "";
  const before = auditSettings(await personalConfig(peekHome(context.home), context.system.env));
  const auditor = before.auditor.filter((line) => parsePublicKey(line).kid !== kid);
  if (auditor.length === before.auditor.length) {
    throw new CliError("NOT_FOUND", `Cannot remove reader "${kid.slice(0, 40)}": it stands not in audit.auditor`, {
      hint: "see: agentzero audit keys list",
    });
  }
  const recipients = auditor.length === 0 ? "self" : before.recipients;
  await change(context, { recipients, auditor }, `reader ${kid} removed (${recipients})`);
  if (context.json) context.output.json({ v: 1, recipients, removed: kid });
  else context.output.text(`${kid} cannot read what is recorded from now on; older segments it still can`);
}

async function change(
  context: CommandContext,
  audit: { readonly recipients: string; readonly auditor: readonly string[] },
  reason: string,
): Promise<void> {
  const installation = await openInstallation(context);
  const path = join(installation.home, "config.yml");
  const text = await edited(path, audit);
  await recordKeyChange(context, {
    installation,
    reason,
    run: () => writeFileAtomic(path, new TextEncoder().encode(text)),
  });
}

/** The person's file with a new `audit:` block; comments and everything else stay. */
async function edited(
  path: string,
  audit: { readonly recipients: string; readonly auditor: readonly string[] },
): Promise<string> {
  const { parseDocument } = await import("yaml");
  const file = readOwnFile(path, { maxBytes: MAX_CONFIG_BYTES });
  if (file.kind === "unsafe") {
    throw new CliError("CONFIG_UNSAFE", `Cannot change "${path}": ${file.why}`, { hint: file.hint });
  }
  const document = parseDocument(file.kind === "ok" ? new TextDecoder().decode(file.bytes) : "v: 1\n");
  document.setIn(["audit", "recipients"], audit.recipients);
  if (audit.auditor.length === 0) document.deleteIn(["audit", "auditor"]);
  else document.setIn(["audit", "auditor"], [...audit.auditor]);
  return document.toString({ lineWidth: 0 });
}

function readReader(context: CommandContext, text: string): PublicKey {
  const key = parsePublicKey(text.startsWith("azpub/1 ") ? text : readLine(resolve(context.cwd, text)));
  if (key.use === "audit-box") return key;
  throw new CliError("INPUT_INVALID", `Cannot add key ${key.kid}: it is for "${key.use}", not for reading`, {
    hint: "the auditor prints the right one with: agentzero audit keys pub --reader",
  });
}

function readLine(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    return text.split("\n").find((line) => line.startsWith("azpub/1 audit-box ")) ?? text.slice(0, 300);
  } catch (cause) {
    throw new CliError("INPUT_INVALID", `Cannot read the public key "${path.slice(0, 200)}"`, {
      hint: "give the line `azpub/1 audit-box …`, or a file that holds it",
      cause,
    });
  }
}
