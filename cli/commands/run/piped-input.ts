import { fstatSync } from "node:fs";
import type { CommandContext } from "../../context.ts";
import { CliError } from "../../errors.ts";

/** More would be refused as a prompt anyway. */
const MAX_BYTES = 1_048_576;
/** How long the first byte may take where input is only on offer: the other end may have forgotten to close it. */
const FIRST_BYTE_MS = 3_000;

/**
 * Reads what is piped into the command.
 *
 * @param context The command's context.
 * @param want `needed`: wait for it; `offered`: read it if there is some.
 * @returns The text, empty when there is none.
 * @throws {CliError} `INPUT_INVALID` for bytes that are not UTF-8, `INPUT_TOO_LARGE` above 1 MiB, `NO_TERMINAL` when a
 * person would have to type it.
 */
export async function pipedInput(context: CommandContext, want: "needed" | "offered"): Promise<string> {
  if (context.tty.stdin) {
    if (want === "offered") return "";
    throw new CliError("INPUT_INVALID", "Cannot read the prompt: standard input is a terminal", {
      hint: "pipe the prompt in, or write it as an argument",
    });
  }
  if (want === "offered" && !isPiped()) return "";
  const bytes = want === "needed" ? await context.readStdin(MAX_BYTES) : await offeredBytes(context);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CliError("INPUT_INVALID", "Cannot read standard input: it is not UTF-8 text", {
      hint: "pipe text; name other files in the prompt",
    });
  }
}

/** `/dev/null`, a closed descriptor and a folder hold nothing to read. */
function isPiped(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

async function offeredBytes(context: CommandContext): Promise<Uint8Array> {
  const bytes = await context.offeredStdin(MAX_BYTES, FIRST_BYTE_MS);
  if (bytes !== null) return bytes;
  const seconds = FIRST_BYTE_MS / 1_000;
  context.output.note(
    `nothing arrived on stdin within ${seconds} s: going on without it (< /dev/null says so at once)`,
  );
  return new Uint8Array(0);
}
