import type { CommandInput } from "./context.ts";

/**
 * Decodes what commander hands to an action: positional arguments, then options, then the command.
 *
 * @param given The action's arguments.
 * @param options Options of the command and of its parents.
 * @returns The arguments and options by name.
 */
export function commandInput(given: readonly unknown[], options: Readonly<Record<string, unknown>>): CommandInput {
  return {
    arg: (index) => text(given[index]),
    rest: (index) => texts(given[index]),
    // `--no-x` sets `x` to false.
    flag: (name) => options[name] === true,
    option: (name) => text(options[name]),
    options: (name) => texts(options[name]),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
