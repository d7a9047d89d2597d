import { basename, resolve } from "node:path";
import {
  claimPackage,
  parseOciReference,
  parsePublicKey,
  parseTrustedComment,
  pushSkill,
  readLocalSource,
  readPublishers,
  SkillsError,
  verifySignedPackage,
} from "../../../skills/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { inActSession } from "./act-session.ts";
import { credentialOf } from "./read-source.ts";

/** Runs `skill push`: a signed package into a registry, the signature as a layer beside it. */
export async function skillPush(context: CommandContext, input: CommandInput): Promise<void> {
  await inActSession(context, "skill push", async (session) => {
    const named = input.arg(0) ?? "";
    const reference = parseOciReference(input.arg(1) ?? "");
    if (reference.digest !== null) throw badUsage("Cannot push to a digest", "name a tag: oci:HOST/REPO:TAG");
    const sig = input.option("sig");
    const bundle = await readLocalSource({
      path: resolve(context.cwd, named),
      source: named,
      sig: sig === undefined ? null : resolve(context.cwd, sig),
      inspect: inspectComponent,
    });
    if (bundle.kind !== "signed") {
      throw new SkillsError("SIG_MISSING", `Cannot push "${named}": it is not signed`, {
        hint: "agentzero skill pack DIR --sign KEY, then push the .azs file",
      });
    }
    const comment = checkSignature(session.options, bundle);
    const title = comment === null ? basename(named) : `${comment.id.split("/")[1] ?? ""}-${comment.version}.azs`;
    const net = session.net(credentialOf(input, reference));
    const { digest, source } = await pushSkill(net, reference, { ...bundle, title });
    if (context.json) {
      context.output.json({ v: 1, source, digest, id: comment?.id ?? null, version: comment?.version ?? null });
    } else context.output.text(`pushed ${source}`);
  });
}

/** A damaged file is not spread: where the key is known here, the signature must hold. */
function checkSignature(
  place: Parameters<typeof readPublishers>[0],
  bundle: { readonly archive: Uint8Array; readonly minisig: Uint8Array },
): ReturnType<typeof parseTrustedComment> {
  const claimed = claimPackage(bundle.archive, bundle.minisig);
  const known = readPublishers(place).flatMap(({ keys }) => keys.map(({ key }) => parsePublicKey(key)));
  const key = known.find(({ id }) => Buffer.compare(id, claimed.signature.keyId) === 0);
  if (key !== undefined) verifySignedPackage(claimed, key);
  const comment = parseTrustedComment(claimed.signature.trustedComment);
  if (comment !== null) return comment;
  throw new SkillsError("SIG_COMMENT", "Cannot push: the signature is not one of a skill package", {
    hint: "sign it with agentzero skill sign FILE --key NAME",
  });
}
