import { resolve } from "node:path";
import { createFileOnce, type Vault } from "../../../core/mod.ts";
import {
  formatPublicKey,
  keyDigest,
  keyIdText,
  parseSecretKey,
  type PublicSigningKey,
  secretKeyFile,
  SkillsError,
} from "../../../skills/mod.ts";
import type { Installation } from "../../compose/installation.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { badUsage } from "../../usage.ts";
import { withVault } from "../vault/open.ts";
import { isKeyName, publicHalf, readOwnKey } from "./own-keys.ts";
import { recordKeyUse } from "./record.ts";

/** Runs `key export`: the public half, or with `--secret` both, for a person who types its name. */
export async function keyExport(context: CommandContext, input: CommandInput): Promise<void> {
  const name = input.arg(0) ?? "";
  await withVault(context, async (vault, { installation }) => {
    const key = await findKey(vault, installation.home, name);
    if (input.flag("secret")) await exportSecret(context, input, { vault, installation, name });
    else exportPublic(context, input, { name, key });
  });
}

async function findKey(vault: Vault, home: string, name: string): Promise<PublicSigningKey> {
  const written = isKeyName(name) ? readOwnKey(home, name) : null;
  if (written !== null) return written;
  if (vault.state === "open" && (await vault.keyNames()).includes(name)) return await publicHalf(vault, name);
  throw new SkillsError("NOT_FOUND", `Cannot export key "${name}": there is none of that name`, {
    hint: "see `agentzero key list`",
  });
}

function exportPublic(context: CommandContext, input: CommandInput, { name, key }: OwnPublic): void {
  const out = input.option("out");
  const text = formatPublicKey(key);
  if (out !== undefined) create(resolve(context.cwd, out), new TextEncoder().encode(text), 0o644);
  if (context.json) {
    context.output.json({ v: 1, name, key: key.text, id: keyIdText(key.id), digest: keyDigest(key.text) });
  } else if (out === undefined) context.output.raw(text);
  else context.output.note(`wrote ${out}`);
}

interface OwnPublic {
  readonly name: string;
  readonly key: PublicSigningKey;
}

async function exportSecret(
  context: CommandContext,
  input: CommandInput,
  { vault, installation, name }: { readonly vault: Vault; readonly installation: Installation; readonly name: string },
): Promise<void> {
  const out = input.option("out");
  if (out === undefined) throw badUsage("Cannot export the secret half: --out FILE is missing", "it is never printed");
  if (context.terminal === null) {
    throw new CliError("NO_TERMINAL", `Cannot export the secret half of "${name}": nobody can be asked here`, {
      hint: "run it in a terminal; to sign unattended, use agentzero skill sign --key",
    });
  }
  const path = resolve(context.cwd, out);
  context.output.note(`whoever reads ${path} can sign in your name; no password protects it`);
  const typed = await context.terminal.line(`Type the name of the key to write it: `);
  if (typed?.trim() !== name) {
    throw new CliError("TRUST_DECLINED", "Cannot export the secret half: the name does not match", {
      hint: "nothing was written",
    });
  }
  await recordKeyUse(context, installation, {
    action: "key export",
    reason: `wrote the secret half of "${name}" to a file`,
    run: () => vault.useKey(name, (value) => value.use((line) => writeSecret(path, line))),
  });
  if (context.json) context.output.json({ v: 1, name, out: path });
  else context.output.note(`wrote ${path} (mode 0600); minisign -S -H -s ${out} uses it`);
}

function writeSecret(path: string, line: Uint8Array): void {
  const key = parseSecretKey(line);
  const file = secretKeyFile(key);
  key.secret.fill(0);
  try {
    create(path, file, 0o600);
  } finally {
    file.fill(0);
  }
}

function create(path: string, bytes: Uint8Array, mode: number): void {
  if (createFileOnce(path, bytes, mode)) return;
  throw badUsage(`Cannot write "${path}": it exists already`, "name another file with --out");
}
