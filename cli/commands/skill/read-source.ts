import { relative, resolve } from "node:path";
import {
  type OciReference,
  parseSource,
  type PublicSigningKey,
  pullSkill,
  readLocalSource,
  type SourceBundle,
} from "../../../skills/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { readPublicKey } from "../trust/read-key.ts";
import type { ActSession } from "./act-session.ts";

/**
 * Gets the bytes that a command line names.
 *
 * @param context The command's context.
 * @param input `SOURCE`, `--sig`, `--key`, `--credential`, `--as`.
 * @param session The open session.
 * @returns The bytes; nothing of them is verified.
 */
export async function readSource(
  context: CommandContext,
  input: CommandInput,
  session: ActSession,
): Promise<SourceBundle> {
  const reference = parseSource(input.arg(0) ?? "");
  const key = input.option("key");
  const offered = key === undefined ? [] : [readPublicKey(context.cwd, key)];
  if (reference.kind === "oci") {
    const net = session.net(credentialOf(input, reference));
    const { archive, minisig, source } = await pullSkill(net, reference);
    return { kind: "signed", archive, minisig, offered, source };
  }
  const sig = input.option("sig");
  const path = resolve(context.cwd, reference.path);
  const bundle = await readLocalSource({
    path,
    source: shown(session.options.project, path),
    sig: sig === undefined ? null : resolve(context.cwd, sig),
    inspect: inspectComponent,
  });
  return withKeys(bundle, offered);
}

function withKeys(bundle: SourceBundle, named: readonly PublicSigningKey[]): SourceBundle {
  return bundle.kind === "folder" || named.length === 0
    ? bundle
    : { ...bundle, offered: [...named, ...bundle.offered] };
}

/** Relative to the project, so that the lock says nothing of this machine where that can be helped. */
function shown(project: string, path: string): string {
  const inside = relative(project, path);
  return inside.startsWith("..") ? inside : `./${inside}`;
}

/**
 * The credential for a registry, by handle.
 *
 * @param input `--credential` and `--as`.
 * @param reference The registry.
 * @returns Where it may go and how, or `null`.
 */
export function credentialOf(
  input: CommandInput,
  reference: OciReference,
): { readonly origin: string; readonly handle: string; readonly inject: string } | null {
  const named = input.option("credential");
  const inject = input.option("as");
  if (named === undefined && inject === undefined) return null;
  if (named === undefined || inject === undefined) {
    throw badUsage(
      "Cannot use a credential: --credential and --as go together",
      "e.g. --credential registry/me --as basic:me",
    );
  }
  const handle = named.startsWith("handle://") ? named : `handle://vault/${named}`;
  return { origin: reference.origin, handle, inject };
}
