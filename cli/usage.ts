import type { CommanderError } from "commander";
import { CliError } from "./errors.ts";

// commander writes "error: unknown option '--jsn'\n(Did you mean --json?)".
const SUGGESTION = /\n?\(Did you mean (.+?)\?\)\s*$/s;

/**
 * Turns what commander found wrong with a command line into our failure: code `USAGE`, exit 2.
 *
 * @param cause commander's error.
 * @param path The command as far as it was understood, e.g. `agentzero policy`.
 * @returns The failure.
 */
export function usageError(cause: CommanderError, path: string): CliError {
  const suggestion = SUGGESTION.exec(cause.message)?.[1] ?? null;
  const said = cause.message.replace(SUGGESTION, "").replace(/^error: /, "").replaceAll("'", '"').trim();
  const help = `see \`${path} --help\``;
  if (cause.code === "commander.help") {
    return new CliError("USAGE", `Cannot run "${path}": a command is missing`, { hint: help });
  }
  return new CliError("USAGE", `Cannot run "${path}": ${said}`, {
    hint: suggestion === null ? help : `did you mean ${suggestion}? (${help})`,
    cause,
  });
}

/** Makes a failure for arguments that cannot be used; exit 2. */
export function badUsage(message: string, hint: string): CliError {
  return new CliError("USAGE", message, { hint });
}
