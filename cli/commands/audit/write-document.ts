import { resolve } from "node:path";
import { writeFileAtomic } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";

/**
 * Writes a document to `--out`, mode 0600, or to stdout.
 *
 * @param context The command's context.
 * @param input Its options.
 * @param pieces The text, in order.
 * @throws {CoreError} `FILE_WRITE`.
 */
export function writeDocument(context: CommandContext, input: CommandInput, pieces: readonly string[]): Promise<void> {
  const out = input.option("out");
  if (out === undefined) {
    for (const piece of pieces) context.output.raw(piece);
    return context.output.flush();
  }
  const path = resolve(context.cwd, out);
  writeFileAtomic(path, Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
  if (context.json) context.output.json({ v: 1, out: path });
  else context.output.note(`wrote ${path}`);
  return Promise.resolve();
}
