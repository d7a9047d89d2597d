import type { CommanderError } from "commander";
import { nearestName } from "../core/mod.ts";
import { CliError } from "./errors.ts";

// commander writes "error: command-argument value 'x' is invalid for argument 'shell'. Allowed choices are a, b."
const CHOICES =
  /^(?:option "(?<option>[^"]+)" argument|command-argument value) "(?<value>.*)" is invalid(?: for argument "(?<name>[^"]+)")?\. Allowed choices are (?<choices>.+)\.$/s;

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
  const choice = CHOICES.exec(said)?.groups;
  if (choice !== undefined) return badChoice(path, choice, cause);
  if (cause.code === "commander.help") {
    return new CliError("USAGE", `Cannot run "${path}": a command is missing`, { hint: help });
  }
  return new CliError("USAGE", `Cannot run "${path}": ${said}`, {
    hint: suggestion === null ? help : `did you mean ${suggestion}? (${help})`,
    cause,
  });
}

function badChoice(path: string, of: Readonly<Record<string, string | undefined>>, cause: CommanderError): CliError {
  const choices = (of["choices"] ?? "").split(", ");
  const value = (of["value"] ?? "").slice(0, 80);
  const near = nearestName(value, choices);
  const what = of["option"] ?? `<${of["name"] ?? ""}>`;
  return new CliError("USAGE", `Cannot run "${path}": "${value}" is no value of ${what}`, {
    hint: near === null ? `one of: ${choices.join(" ")}` : `did you mean "${near}"?`,
    cause,
  });
}

/** Makes a failure for arguments that cannot be used; exit 2. */
export function badUsage(message: string, hint: string): CliError {
  return new CliError("USAGE", message, { hint });
}
