import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { writeFileAtomic } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";

/**
 * Writes a document to `--out`, mode 0600, or to stdout.
 *
 * @param context The command's context.
 * @param input Its options.
 * @param pieces The text, in order.
 * @throws {CliError} `NOT_FOUND` for a folder that is missing. @throws {CoreError} `FILE_WRITE`.
 */
export function writeDocument(context: CommandContext, input: CommandInput, pieces: readonly string[]): Promise<void> {
  const out = input.option("out");
  if (out === undefined) {
    for (const piece of pieces) context.output.raw(piece);
    return context.output.flush();
  }
  const path = resolve(context.cwd, out);
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new CliError("NOT_FOUND", `Cannot write "${path}": there is no folder "${folder}"`, {
      hint: "make the folder first, or choose another place",
    });
  }
  writeFileAtomic(path, Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  if (context.json) context.output.json({ v: 1, out: path });
  else context.output.note(`wrote ${path}`);
  return Promise.resolve();
}
