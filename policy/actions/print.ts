import type { PlainCommand, PlainRedirect, PlainStatement } from "./plain.ts";
import { quoteWord, showWord } from "./words.ts";

/**
 * Prints plain statements as a script in which every word is single-quoted and every program absolute. What bash runs
 * then cannot differ from what was decided: no expansion, alias, function or builtin is left.
 *
 * @param statements Plain statements.
 * @param programOf The absolute path of a command's program.
 * @returns A script, one statement a line.
 */
export function printScript(
  statements: readonly PlainStatement[],
  programOf: (command: PlainCommand) => string,
): string {
  return statements.map((statement) =>
    statement.pipelines
      .map((pipeline) => pipeline.map((command) => printCommand(command, programOf(command))).join(" | "))
      .reduce((line, pipeline, at) => `${line} ${statement.operators[at - 1] ?? ";"} ${pipeline}`)
  ).join("\n");
}

/**
 * Writes one command for people, quoted only where needed.
 *
 * @param command A plain command.
 * @returns One line that a shell reads as the same command.
 */
export function showCommand(command: PlainCommand): string {
  // The name of a plain command stood there unquoted: quoted it would read as opaque.
  const words = [command.words[0] ?? "", ...command.words.slice(1).map(showWord)];
  return [...words, ...command.redirects.map((item) => printRedirect(item, showWord))].join(" ");
}

function printCommand(command: PlainCommand, program: string): string {
  const words = [program, ...command.words.slice(1)].map(quoteWord);
  return [...words, ...command.redirects.map((item) => printRedirect(item, quoteWord))].join(" ");
}

function printRedirect(redirect: PlainRedirect, quote: (word: string) => string): string {
  const from = redirect.descriptor ?? "";
  return redirect.kind === "descriptor"
    ? `${from}>&${redirect.to}`
    : `${from}${redirect.operator} ${quote(redirect.file)}`;
}
