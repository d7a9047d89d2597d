import {
  checkNamespace,
  keyDigest,
  keyIdOf,
  pinKey,
  type PublicSigningKey,
  readPublishers,
  readRevocations,
  revocationOf,
  SkillsError,
  type TrustPlace,
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
    checkNotRevoked(trust.place, key);
    const before = readPublishers(trust.place).find((one) => one.namespace === namespace)?.keys ?? [];
    if (before.some((pinned) => pinned.key === key.text)) {
      context.output.note(`it is pinned for "${namespace}" already`);
    } else if (before.length > 0) {
      const keys = before.length === 1 ? "a pinned key" : `${before.length} pinned keys`;
      context.output.note(`"${namespace}" has ${keys} already; this one is added`);
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

// A revoked key vouches for nothing, pinned or not: to say that its skills may be installed would not be true.
function checkNotRevoked(place: TrustPlace, key: PublicSigningKey): void {
  const use = { key: key.text, id: "", digest: keyDigest(key.text) };
  const reason = revocationOf({ own: readRevocations(place), publishers: [] }, use);
  if (reason === null) return;
  throw new SkillsError("REVOKED", `Cannot pin key ${keyIdOf(key.text)}: it was revoked here (${reason})`, {
    hint: "ask the publisher for its present key; what was revoked here shows agentzero trust list",
  });
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
  const given = answer?.trim() ?? "";
  if (given === key.text.slice(-TYPED)) return;
  const why = given === ""
    ? "nothing was typed"
    : keyIdOf(key.text).endsWith(given)
    ? "that is the end of its id, not of the key above it"
    : "the characters do not match";
  throw new CliError("TRUST_DECLINED", `Cannot pin the key: ${why}`, {
    hint: "nothing was changed; run it again when you have compared the key",
  });
}
