import { commentFor, minisignCommand } from "../../../skills/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";
import { describePackage } from "./describe-package.ts";
import { readPackage } from "./read-package.ts";
import { signFile, writeSignature } from "./sign-file.ts";

/** Runs `skill sign`: only what would verify is signed. */
export async function skillSign(context: CommandContext, input: CommandInput): Promise<void> {
  const named = input.arg(0) ?? "";
  const name = input.option("key");
  const external = input.flag("external");
  if (external === (name !== undefined)) {
    throw badUsage("Cannot sign: name one of --key and --external", "agentzero key list shows your keys");
  }
  const file = await readPackage(context.cwd, named);
  if (name === undefined) {
    const command = minisignCommand(file.content, named);
    if (context.json) context.output.json({ v: 1, command, comment: commentFor(file.content) });
    else context.output.text(command);
    return;
  }
  const sig = writeSignature(file.path, await signFile(context, file, name));
  if (context.json) {
    context.output.json({ v: 1, file: file.path, sig, key: name, ...describePackage(file.content) });
  } else context.output.text(`${sig}  ${file.content.manifest.id}@${file.content.manifest.version}`);
}
