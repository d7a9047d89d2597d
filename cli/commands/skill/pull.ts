import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { b2, rootCode, writeFileAtomic } from "../../../core/mod.ts";
import { showWord } from "../../../policy/mod.ts";
import { claimPackage, parseOciReference, parseTrustedComment, pullSkill, SkillsError } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { inActSession } from "./act-session.ts";
import { credentialOf } from "./read-source.ts";

/** Runs `skill pull`: gets package and signature from a registry and installs nothing. */
export async function skillPull(context: CommandContext, input: CommandInput): Promise<void> {
  await inActSession(context, "skill pull", async (session) => {
    const reference = parseOciReference(input.arg(0) ?? "");
    const { archive, minisig, source } = await pullSkill(session.net(credentialOf(input, reference)), reference);
    const { signature } = claimPackage(archive, minisig);
    const comment = parseTrustedComment(signature.trustedComment);
    if (comment === null) {
      throw new SkillsError("SIG_COMMENT", `Cannot keep "${source}": its signature is not one of a skill package`, {
        hint: "ask its publisher for a release signed with agentzero skill sign",
      });
    }
    const folder = resolve(context.cwd, input.option("out") ?? ".");
    const name = `${comment.id.split("/")[1] ?? ""}-${comment.version}.azs`;
    const file = join(folder, name);
    write(folder, file, { archive, minisig });
    if (context.json) {
      const { id, version } = comment;
      context.output.json({ v: 1, source, file, sig: `${file}.minisig`, package: b2(archive), id, version });
    } else {
      context.output.text(file);
      context.output.note(`nobody vouched for it yet: agentzero skill verify ${showWord(relative(context.cwd, file))}`);
    }
  });
}

function write(
  folder: string,
  file: string,
  { archive, minisig }: { readonly archive: Uint8Array; readonly minisig: Uint8Array },
): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileAtomic(`${file}.minisig`, minisig, 0o644);
    writeFileAtomic(file, archive, 0o644);
  } catch (cause) {
    throw new SkillsError("WRITE_FAILED", `Cannot write into "${folder}": ${rootCode(cause)}`, {
      hint: "name another folder with -o DIR",
      cause,
    });
  }
}
