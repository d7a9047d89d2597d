import type { Argument, Command, Option } from "commander";

/** What may stand at a place of the command line. */
export type CompletionValue =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "folders" | "sessions" | "records" | "skills" | "tools" | "none" };

/** An option and the value it takes, if any. */
export interface CompletionOption {
  /** `--json`, `-h`. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** `null` for a switch. */
  readonly value: CompletionValue | null;
}

/** A command, its options, its commands and its arguments. */
export interface CompletionNode {
  /** `/policy/explain`; empty for the program. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  readonly commands: readonly CompletionNode[];
  /** One each positional argument; the last repeats when `repeats`. */
  readonly values: readonly CompletionValue[];
  readonly repeats: boolean;
}

/**
 * Reads from the command tree what can be completed.
 *
 * @param program The program or a command of it.
 * @returns The tree.
 */
export function completionTree(program: Command): CompletionNode {
  return readNode(program, "", globalOptions(program));
}

function globalOptions(program: Command): readonly CompletionOption[] {
  const own = program.options.filter((option) => option.long !== "--version").map(readOption);
  return [...own, { flags: ["-h", "--help"], summary: "show help", value: null }];
}

function readNode(command: Command, path: string, shared: readonly CompletionOption[]): CompletionNode {
  const isProgram = path === "";
  const options = isProgram ? command.options.map(readOption) : command.options.map(readOption).concat(shared);
  const values = command.registeredArguments.map((argument) => argumentValue(path, argument));
  return {
    path,
    name: command.name(),
    summary: oneLine(command.description()),
    options: isProgram ? [...options, { flags: ["-h", "--help"], summary: "show help", value: null }] : options,
    commands: command.createHelp().visibleCommands(command).filter((child) => child.name() !== "help")
      .map((child) => readNode(child, `${path}/${child.name()}`, shared)),
    values,
    repeats: command.registeredArguments.at(-1)?.variadic === true,
  };
}

function readOption(option: Option): CompletionOption {
  const takesValue = option.required || option.optional;
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    summary: oneLine(option.description),
    value: takesValue ? valueOf(option.argChoices, option.flags) : null,
  };
}

function argumentValue(path: string, argument: Argument): CompletionValue {
  const byPlace = PLACES.get(path);
  return byPlace ?? valueOf(argument.argChoices, argument.name());
}

/** Commands whose argument is the name of something in the project. */
const PLACES: ReadonlyMap<string, CompletionValue> = new Map<string, CompletionValue>([
  ...["/audit/show", "/audit/verify", "/audit/export", "/audit/report", "/policy/replay"].map((path) =>
    [path, { kind: "records" }] as const
  ),
  ...["/session/show", "/session/export", "/session/rm"].map((path) => [path, { kind: "sessions" }] as const),
  ...["/skill/info", "/skill/run", "/skill/remove"].map((path) => [path, { kind: "skills" }] as const),
  ...["/tool/show", "/tool/run", "/tool/rollback", "/tool/disable", "/tool/build"].map((path) =>
    [path, { kind: "tools" }] as const
  ),
]);

function valueOf(choices: readonly string[] | undefined, spelled: string): CompletionValue {
  if (choices !== undefined) return { kind: "words", words: choices };
  if (/\b(dir|folder)\b/i.test(spelled)) return { kind: "folders" };
  if (/\b(file|path|policy|key|pub)\b/i.test(spelled)) return { kind: "files" };
  if (/\b(session|resume)\b/i.test(spelled)) return { kind: "sessions" };
  return { kind: "none" };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Every node of a tree, parents first. */
export function allNodes(tree: CompletionNode): readonly CompletionNode[] {
  return [tree, ...tree.commands.flatMap(allNodes)];
}
