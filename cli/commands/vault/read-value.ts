import { timingSafeEqual } from "node:crypto";
import { MAX_SECRET_BYTES, nearestName, SecretBytes } from "../../../core/mod.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { badUsage } from "../../usage.ts";

/**
 * Refuses a value on the command line, before it is looked at: it is in the shell's history and was in the process list.
 *
 * @param input The command's input.
 * @param from Index of the first word that should not be there.
 * @param options Known options, to recognise a misspelled one.
 * @throws {CliError} `USAGE`; the message never repeats what was typed.
 */
export function refuseValues(input: CommandInput, from: number, options: readonly string[]): void {
  const words = input.rest(from);
  const [first] = words;
  if (first === undefined && !(input.arg(0) ?? "").includes("=")) return;
  const near = first?.startsWith("--") === true && !first.includes("=") ? nearestName(first, options) : null;
  if (near !== null) throw badUsage("Cannot run this command: an option is unknown", `did you mean ${near}?`);
  throw badUsage(
    "Cannot take a value from the command line: it is in the shell's history and was in the process list",
    "treat that value as exposed and replace it where it came from; then type it at the prompt, or pipe it in",
  );
}

/**
 * Reads a value: from the terminal, typed twice without echo, or from stdin without its last line end.
 *
 * @param context The command's context.
 * @param handle What it is for, shown in the question.
 * @returns The value; the caller wipes it.
 * @throws {CliError} `NO_TERMINAL`, `INPUT_INVALID` when the two do not match, `INTERRUPTED`, `INPUT_TOO_LARGE`.
 */
export async function readValue(context: CommandContext, handle: string): Promise<SecretBytes> {
  if (context.terminal !== null) return await askTwice(context, handle);
  if (context.tty.stdin) {
    throw new CliError("NO_TERMINAL", `Cannot ask for the value of "${handle}": the terminal is not whole`, {
      hint: "do not redirect stderr, or pipe the value in",
    });
  }
  const bytes = await context.readStdin(MAX_SECRET_BYTES + 2);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const value = new Uint8Array(bytes.subarray(0, end));
  bytes.fill(0);
  return new SecretBytes(value);
}

async function askTwice(context: CommandContext, handle: string): Promise<SecretBytes> {
  const first = await context.terminal?.hidden(`Value of ${handle}: `) ?? null;
  const second = first === null ? null : await context.terminal?.hidden("Once more: ") ?? null;
  if (first === null || second === null) {
    first?.fill(0);
    throw new CliError("INTERRUPTED", `Cannot store "${handle}": no value was given`);
  }
  const same = first.length === second.length && timingSafeEqual(first, second);
  second.fill(0);
  if (same) return new SecretBytes(first);
  first.fill(0);
  throw new CliError("INPUT_INVALID", `Cannot store "${handle}": the two values differ`, { hint: "run it again" });
}
