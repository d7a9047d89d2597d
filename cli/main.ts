import { type Command, CommanderError } from "commander";
import { COMMANDS } from "./commands.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { createFrame } from "./frame.ts";
import { errorObject } from "./output/error.ts";
import { createOutput } from "./output/output.ts";
import { createProgram, registerCommands } from "./program.ts";
import { openProcessHost, type ProcessHost } from "./system/process-host.ts";
import { styleFor } from "./term/style.ts";
import { usageError } from "./usage.ts";

const LONG_MS = 0x3fff_ffff;

/**
 * Runs one command line and ends the process.
 *
 * @param words The command line after the program.
 */
export async function main(words: readonly string[]): Promise<void> {
  const host = openProcessHost();
  // Our timers do not keep a process alive: without this one, a command that only waits would end in the middle.
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    await host.end(await runCommandLine(words, host));
  } finally {
    clearInterval(alive);
  }
}

/**
 * Runs one command line.
 *
 * @param given The command line after the program.
 * @param host The process.
 * @returns What to end with.
 */
export async function runCommandLine(given: readonly string[], host: ProcessHost): Promise<ExitCode> {
  // Editors append what an agent told them for set-up; older ones put it in the place of all arguments.
  const words = given[0] === "--setup" ? ["acp", ...given] : helpWords(given);
  const json = asksJson(words);
  const frame = createFrame(host);
  const program = createProgram({
    columns: host.tty.columns,
    writeOut: (text) => void host.stdout.write(text),
    writeErr: (text) => void (json || host.stderr.write(text)),
  });
  try {
    const wanted = commandWord(words);
    const known = COMMANDS.filter((entry) => entry.name === wanted);
    await registerCommands(program, frame, known.length > 0 ? known : COMMANDS);
    await program.parseAsync(words, { from: "user" });
    return frame.exit;
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) return EXIT.ok;
    // The help of a group of commands was asked for by leaving the command out: it is already on stderr.
    if (cause instanceof CommanderError && cause.code === "commander.help" && !json) return EXIT.usage;
    const failure = cause instanceof CommanderError ? usageError(cause, commandPath(program, words)) : cause;
    const { stdout, stderr, tty, environment } = host;
    const debug = environment.variables["AGENTZERO_DEBUG"] !== undefined && !(failure instanceof CommanderError);
    const style = styleFor(environment.variables, tty.stderr);
    createOutput({ stdout, stderr, json, terminal: tty.stdout, style, debug }).error(failure);
    return exitCodeOf(errorObject(failure).error.code);
  }
}

/** `help tool run` is `tool run --help`: the library's own `help` looks at one word alone. */
function helpWords(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  const named = rest.length > 0 && rest.every((word) => word !== "help" && !word.startsWith("-"));
  return first === "help" && named ? [...rest, "--help"] : words;
}

function asksJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const options = end < 0 ? words : words.slice(0, end);
  return options.some((word, at) =>
    word === "--json" || /^--output=(stream-)?json$/.test(word) ||
    (word === "--output" && /^(stream-)?json$/.test(options[at + 1] ?? ""))
  );
}

/** The first word that is neither a global option nor its value. */
function commandWord(words: readonly string[]): string | null {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--cwd" || word === "--home" || word === "--passphrase-file") at++;
    else if (!word.startsWith("-")) return word;
  }
  return null;
}

function commandPath(program: Command, words: readonly string[]): string {
  let at = program;
  const path = [program.name()];
  for (const word of words) {
    const next = at.commands.find((command) => command.name() === word || command.aliases().includes(word));
    if (next === undefined) continue;
    path.push(next.name());
    at = next;
  }
  return path.join(" ");
}
