import type { Approver } from "../core/mod.ts";
import { createFlagApprover, createNobody } from "./approvers.ts";
import type { CommandContext } from "./context.ts";
import { badUsage } from "./usage.ts";

/** Arguments may be as long as a file that `write` takes. */
const MAX_ARGS_BYTES = 96 * 1024 * 1024;

/**
 * Says who answers the questions of one call: `--approve`, else the person at the terminal, else nobody.
 *
 * @param context The command's context.
 * @param approve `true` when `--approve` was given.
 * @returns The approver.
 */
export function approverFor(context: CommandContext, approve: boolean): Approver {
  if (approve) return createFlagApprover();
  return context.terminal?.approver ?? createNobody();
}

/**
 * Reads the arguments of a call.
 *
 * @param context The command's context.
 * @param given JSON, or `-` for standard input.
 * @returns The decoded value.
 * @throws {CliError} `USAGE` for what is not JSON.
 */
export async function jsonInput(context: CommandContext, given: string): Promise<unknown> {
  return parseJsonInput(await argsText(context, given));
}

async function argsText(context: CommandContext, given: string): Promise<string> {
  if (given !== "-") return given;
  const bytes = await context.readStdin(MAX_ARGS_BYTES);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badUsage("Cannot read the arguments: standard input is not UTF-8", "pass JSON");
  }
}

/**
 * Decodes JSON that a person gave.
 *
 * @param text The text.
 * @param file The file that it stands in, as it was named; `null` for arguments.
 * @returns The decoded value.
 * @throws {CliError} `USAGE` with the place of the first fault.
 */
export function parseJsonInput(text: string, file: string | null = null): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error
      ? /position \d+|line \d+ column \d+|end of JSON/i.exec(cause.message)?.[0]
      : undefined;
    throw badUsage(
      `Cannot read ${file === null ? "the arguments" : `"${file}"`}: not JSON${
        where === undefined ? "" : ` (${where})`
      }`,
      file === null ? `pass an object, e.g. '{"path":"README.md"}', or - to read it from stdin` : "mend it there",
    );
  }
}
