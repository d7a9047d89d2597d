import { join, resolve } from "node:path";
import {
  CoreError,
  loadSodium,
  lockKeys,
  parsePublicKey,
  type PublicKey,
  readOwnFile,
  writeFileAtomic,
} from "../../../core/mod.ts";
import { auditSettings } from "../../compose/audit-settings.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { peekHome } from "../../home.ts";
import { CliError } from "../../errors.ts";
import { readNamedText } from "../../read-named-text.ts";
import { recordKeyChange } from "./record-key-change.ts";

/** A file of keys is never longer. */
const MAX_KEY_BYTES = 1024 * 1024;

const MAX_CONFIG_BYTES = 262_144;

/** `audit keys recipient add`: new segments can be read by this auditor too. */
export async function auditRecipientAdd(context: CommandContext, input: CommandInput): Promise<void> {
  await loadSodium();
  const key = readReader(context, input.arg(0) ?? "");
  const { recipients } = await change(context, (before) => {
    const others = before.auditor.filter((line) => parsePublicKey(line).kid !== key.kid);
    const auditor = [...others, `azpub/1 audit-box ${key.kid} ${Buffer.from(key.publicKey).toString("base64")}`];
    const who = input.flag("only") || before.recipients === "auditor" ? "auditor" : "both";
    return { recipients: who, auditor, reason: `reader ${key.kid} added (${who})` };
  }, (installation) => refuseOwn(installation, key));
  if (context.json) context.output.json({ v: 1, recipients, added: key.kid });
  else {context.output.text(
      `${key.kid} can read what is recorded from now on${recipients === "auditor" ? "; you cannot" : ""}`,
    );}
}

/** `audit keys recipient rm`: new segments are no longer written for this auditor. */
export async function auditRecipientRemove(context: CommandContext, input: CommandInput): Promise<void> {
  await loadSodium();
  const kid = input.arg(0) ?? "";
  const { recipients } = await change(context, (before) => {
    const auditor = before.auditor.filter((line) => parsePublicKey(line).kid !== kid);
    if (auditor.length === before.auditor.length) {
      throw new CliError("NOT_FOUND", `Cannot remove reader "${kid.slice(0, 40)}": audit.auditor does not name it`, {
        hint: "see: agentzero audit keys list",
      });
    }
    const who = auditor.length === 0 ? "self" : before.recipients;
    return { recipients: who, auditor, reason: `reader ${kid} removed (${who})` };
  });
  if (context.json) context.output.json({ v: 1, recipients, removed: kid });
  else context.output.text(`${kid} cannot read what is recorded from now on; older segments it still can`);
}

/** The part of the `audit:` block that says who can read. */
interface Recipients {
  readonly recipients: string;
  readonly auditor: readonly string[];
}

type Next = (before: Recipients) => Recipients & { readonly reason: string };

// Threat: of two changes at once one would undo the other, and what was to be read by two is read by one.
async function change(
  context: CommandContext,
  next: Next,
  check: (installation: Installation) => void = () => undefined,
): Promise<Recipients> {
  // What is refused is so before there is a home.
  next(await settings(context));
  const installation = await openInstallation(context);
  check(installation);
  const lock = lockKeys(join(installation.home, "keys"), context.system.clock);
  try {
    const { reason, ...audit } = next(await settings(context));
    const path = join(installation.home, "config.yml");
    const text = await edited(path, audit);
    await recordKeyChange(context, {
      installation,
      reason,
      run: () => writeFileAtomic(path, new TextEncoder().encode(text)),
    });
    return audit;
  } finally {
    lock.release();
  }
}

async function settings(context: CommandContext): Promise<Recipients> {
  return auditSettings(await personalConfig(peekHome(context.home), context.system.env));
}

/** The person's file with a new `audit:` block; comments and everything else stay. */
async function edited(path: string, audit: Recipients): Promise<string> {
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

function refuseOwn({ keys }: Installation, key: PublicKey): void {
  if (!keys.auditBoxIds().includes(key.kid)) return;
  throw new CliError("INPUT_INVALID", `Cannot add reader ${key.kid}: it is your own reading key`, {
    hint: "what you record you read yourself unless your config.yml says `recipients: auditor`",
  });
}

function readReader(context: CommandContext, text: string): PublicKey {
  const key = parseReader(text.startsWith("azpub/1 ") ? text : readLine(resolve(context.cwd, text)));
  if (key.use === "audit-box") return key;
  throw new CliError("INPUT_INVALID", `Cannot add key ${key.kid}: it is for "${key.use}", not for reading`, {
    hint: "the auditor prints the right one with: agentzero audit keys pub --reader",
  });
}

function parseReader(line: string): PublicKey {
  try {
    return parsePublicKey(line);
  } catch (cause) {
    if (!(cause instanceof CoreError) || cause.code !== "KEY_INVALID") throw cause;
    // What was typed is wrong, not something that we keep.
    throw new CliError("INPUT_INVALID", cause.message, { hint: cause.hint, cause });
  }
}

function readLine(path: string): string {
  const text = readNamedText(path, `public key "${path.slice(0, 200)}"`, {
    maxBytes: MAX_KEY_BYTES,
    hint: "give the line `azpub/1 audit-box …`, or a file that holds it",
  });
  return text.split("\n").find((line) => line.startsWith("azpub/1 audit-box ")) ?? text.slice(0, 300);
}
