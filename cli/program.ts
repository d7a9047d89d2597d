import { Command } from "commander";
import { nearestName } from "../core/mod.ts";
import { type CommandEntry, COMMANDS } from "./commands.ts";
import { examples, type Frame } from "./context.ts";
import { VERSION } from "./version.ts";

/** How a program prints its help. */
export interface ProgramOutput {
  readonly columns: number;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/**
 * Creates the program with the options that every command knows.
 *
 * @param output Where help goes.
 * @returns The program, without commands.
 */
export function createProgram(output: ProgramOutput): Command {
  const program = new Command("agentzero");
  program.on("beforeAllHelp", (context: { readonly command: Command }) => refuseUnknown(context.command));
  return program
    .description("A local-first agent shell: every action is decided by policy before it happens and recorded.")
    .version(VERSION, "-V, --version", "print the version")
    .option("--json", "print one JSON object on stdout, failures too")
    .option("--cwd <dir>", "work in this folder instead of the current one")
    .option("--home <dir>", "keep keys, vault, trust and grants here (default: $AGENTZERO_HOME or ~/.agentzero)")
    .option("--passphrase-file <file>", "read the passphrase of the keys from the first line of this file (mode 0600)")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", examples("agentzero init", 'agentzero call read \'{"path":"README.md"}\'', "agentzero demo"))
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(output.columns, 110) })
    // Errors are printed by the caller, in our own form.
    .configureOutput({ writeOut: output.writeOut, writeErr: output.writeErr, outputError: () => {} })
    .exitOverride();
}

/** The help of a group is no answer to a command that is none: `docter --help` is told as `docter` is. */
function refuseUnknown(group: Command): void {
  const word = group.args[0];
  if (word === undefined || word.startsWith("-") || group.commands.length === 0) return;
  const names = [...group.commands.map((command) => command.name()), "help"];
  if (names.includes(word)) return;
  const near = nearestName(word, names);
  const suggestion = near === null ? "" : `\n(Did you mean ${near}?)`;
  group.error(`error: unknown command '${word}'${suggestion}`, { code: "commander.unknownCommand", exitCode: 1 });
}

/**
 * Loads commands side by side and declares them in order.
 *
 * @param program The program.
 * @param frame What they are registered with.
 * @param entries Which ones; all by default.
 */
export async function registerCommands(
  program: Command,
  frame: Frame,
  entries: readonly CommandEntry[] = COMMANDS,
): Promise<void> {
  const modules = await Promise.all(entries.map((entry) => entry.load()));
  for (const module of modules) module.register(program, frame);
}

/**
 * Builds the whole command tree for those who only read it: completions, tests of the help.
 *
 * @returns The program; its actions do nothing.
 */
export async function commandTree(): Promise<Command> {
  const program = createProgram({ columns: 100, writeOut: () => {}, writeErr: () => {} });
  await registerCommands(program, { action: () => () => Promise.resolve() });
  return program;
}
