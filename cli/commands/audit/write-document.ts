import { existsSync, realpathSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { CoreError, errorCode, writeFileAtomic } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { peekHome } from "../../home.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";

/**
 * Writes a document to `--out`, mode 0600, or to stdout. A device or pipe is written to, as a shell would; of a link the
 * file behind it is replaced.
 *
 * @param context The command's context.
 * @param input Its options.
 * @param pieces The text, in order.
 * @throws {CliError} `NOT_FOUND` for a folder that is missing, `INPUT_INVALID` for one of our own files.
 * @throws {CoreError} `FILE_WRITE`.
 */
export async function writeDocument(
  context: CommandContext,
  input: CommandInput,
  pieces: readonly string[],
): Promise<void> {
  const out = input.option("out");
  if (out === undefined) {
    for (const piece of pieces) context.output.raw(piece);
    return await context.output.flush();
  }
  const path = resolve(context.cwd, out);
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new CliError("NOT_FOUND", `Cannot write "${path}": there is no folder "${folder}"`, {
      hint: "make the folder first, or choose another place",
    });
  }
  const target = targetOf(path);
  refuseOwnPlace(context, target.path);
  const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece)));
  if (target.special) await writeThrough(target.path, bytes);
  else writeFileAtomic(target.path, bytes);
  if (context.json) context.output.json({ v: 1, out: path });
  else context.output.note(`wrote ${path}`);
}

/** Where a path really leads; `special` is what takes bytes and is no file: a device, a FIFO, `/dev/stdout`. */
function targetOf(path: string): { readonly path: string; readonly special: boolean } {
  try {
    const stat = statSync(path);
    if (!stat.isFile() && !stat.isDirectory()) return { path, special: true };
    return { path: realpathSync(path), special: false };
  } catch {
    // There is nothing yet, or a link to nothing, which is replaced.
    return { path: join(realpathSync(dirname(path)), basename(path)), special: false };
  }
}

// A slip of the hand must not replace the policy or the record that it reports on; a new file harms nothing.
function refuseOwnPlace(context: CommandContext, path: string): void {
  if (!existsSync(path)) return;
  const folder = `${dirname(path)}${sep}`;
  if (!folder.includes(`${sep}${PROJECT_FOLDER}${sep}`) && !folder.startsWith(`${peekHome(context.home)}${sep}`)) {
    return;
  }
  throw new CliError("INPUT_INVALID", `Cannot write "${path}": AgentZero keeps its own files there`, {
    hint: "choose a place outside",
  });
}

async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new CoreError("FILE_WRITE", `Cannot write "${path}": ${errorCode(cause)}`, { cause });
  }
}
