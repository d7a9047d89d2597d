import { realpathSync } from "node:fs";
import { isAbsolute } from "node:path";
import { type Binding, checkBinding } from "../../../core/mod.ts";
import type { CommandInput } from "../../context.ts";
import { badUsage } from "../../usage.ts";

/** Options that describe a place, as they are typed. */
export const PLACE_OPTIONS: readonly string[] = [
  "--host",
  "--slot",
  "--format",
  "--methods",
  "--tool",
  "--skill",
  "--provider",
  "--command",
];

/**
 * Reads the binding that the options describe.
 *
 * @param input The command's input.
 * @returns The binding, or `null` when no such option was given.
 * @throws {CliError} `USAGE` without `--slot` or with a program that is not there. @throws {CoreError} `BINDING_INVALID`.
 */
export function bindingFrom(input: CommandInput): Binding | null {
  const given = PLACE_OPTIONS.filter((name) => input.option(name.slice(2)) !== undefined);
  if (given.length === 0) return null;
  const slot = input.option("slot");
  if (slot === undefined) {
    throw badUsage(
      `Cannot bind: ${given[0]} needs --slot`,
      "add --slot bearer, basic:USER, header:NAME, env:NAME or component:b2:…",
    );
  }
  const methods = input.option("methods")?.split(",").map((method) => method.trim().toUpperCase());
  const command = input.option("command");
  return checkBinding({
    host: input.option("host"),
    slot,
    format: input.option("format"),
    methods,
    tool: input.option("tool"),
    skill: input.option("skill"),
    provider: input.option("provider"),
    command: command === undefined ? undefined : realProgram(command),
  });
}

// The binding names the program that really runs, not a link that could be pointed elsewhere.
function realProgram(command: string): string {
  try {
    if (isAbsolute(command)) return realpathSync(command);
  } catch {
    // Said below.
  }
  throw badUsage(`Cannot bind: "${command}" is not the full path of a program`, "e.g. --command /usr/bin/gh");
}
