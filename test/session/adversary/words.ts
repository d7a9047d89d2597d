import type { CommandInput } from "../../../cli/context.ts";

/** What a command gets from a command line of words and options with values. */
export function words(args: readonly string[], options: Readonly<Record<string, string>>): CommandInput {
  return {
    arg: (index) => args[index],
    rest: (index) => args.slice(index),
    flag: () => false,
    option: (name) => options[name],
    options: (name) => (options[name] === undefined ? [] : [options[name]]),
  };
}
