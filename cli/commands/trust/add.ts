import {
  checkNamespace,
  keyDigest,
  keyIdOf,
  pinKey,
  type PublicSigningKey,
  readPublishers,
  SkillsError,
} from "../../../skills/mod.ts";
import { isDigest } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { badUsage } from "../../usage.ts";
import { changeTrust, openTrust, recordRefusal } from "./open.ts";
import { readPublicKey } from "./read-key.ts";

/** How many characters of the key line a person types. */
const TYPED = 8;

/** Runs `trust add`: pins a whole key for a namespace. */
export async function trustAdd(context: CommandContext, input: CommandInput): Promise<void> {
  const namespace = input.option("as") ?? "";
  const trust = await openTrust(context);
  try {
    checkNamespace(namespace);
    const key = readPublicKey(context.cwd, input.arg(0) ?? "");
    show(context, key, namespace);
    const before = readPublishers(trust.place).find((one) => one.namespace === namespace);
    if ((before?.keys.length ?? 0) > 0) {
      context.output.note(`"${namespace}" has ${before?.keys.length ?? 0} pinned key(s); this one is added to them`);
    }
    await agreed(context, key, input.option("confirm"));
    const digest = keyDigest(key.text);
    await changeTrust(context, trust, {
      action: "trust add",
      reason: `pinned key ${keyIdOf(key.text)} (${digest}) for "${namespace}"`,
      run: () => pinKey(trust.place, { namespace, key }),
    });
    const id = keyIdOf(key.text);
    if (context.json) context.output.json({ v: 1, namespace, key: key.text, id, digest });
    else context.output.text(`skills of "${namespace}" signed by ${id} may be installed`);
  } catch (cause) {
    await recordRefusal(context, trust, { action: "trust add", cause });
    throw cause;
  }
}

function show({ output }: CommandContext, key: PublicSigningKey, namespace: string): void {
  output.note(`namespace  ${namespace}`);
  output.note(`key        ${key.text}`);
  output.note(`id         ${keyIdOf(key.text)}`);
  output.note(`digest     ${keyDigest(key.text)}`);
}

// Typing the end of the key is what makes a person look at it; a plain yes is typed without looking.
async function agreed(context: CommandContext, key: PublicSigningKey, confirm: string | undefined): Promise<void> {
  const digest = keyDigest(key.text);
  if (confirm !== undefined) {
    if (!isDigest(confirm)) {
      throw badUsage("Cannot pin the key: --confirm is not b2: and 64 hex digits", `it is ${digest}`);
    }
    if (confirm === digest) return;
    throw new SkillsError("APPROVAL_NOBODY", "Cannot pin the key: --confirm names another key", {
      hint: `this one has ${digest}; compare it with what the publisher tells on another way`,
    });
  }
  await typed(context, key);
}

/**
 * Shows a key that nobody pinned yet and asks a person to pin it.
 *
 * @param context The command's context.
 * @param key The key.
 * @param namespace What it would be pinned for.
 * @throws {SkillsError} `APPROVAL_NOBODY`. @throws {CliError} `TRUST_DECLINED`.
 */
export async function askPin(context: CommandContext, key: PublicSigningKey, namespace: string): Promise<void> {
  show(context, key, namespace);
  await typed(context, key);
}

async function typed(context: CommandContext, key: PublicSigningKey): Promise<void> {
  const digest = keyDigest(key.text);
  if (context.terminal === null) {
    throw new SkillsError("APPROVAL_NOBODY", "Cannot pin the key: nobody can be asked here", {
      hint: `compare the key with what the publisher tells on another way, then add --confirm ${digest}`,
    });
  }
  context.output.note("compare it with what the publisher tells on another way than the one the file came on");
  const answer = await context.terminal.line(`Type the last ${TYPED} characters of the key to pin it: `);
  if (answer?.trim() === key.text.slice(-TYPED)) return;
  throw new CliError("TRUST_DECLINED", "Cannot pin the key: the characters do not match", {
    hint: "nothing was changed; run it again when you have compared the key",
  });
}
