import { PolicyError } from "../../../policy/errors.ts";
import { type CommandPlan, parseCommand } from "../../../policy/actions/shell.ts";

/** A project that need not exist: only `cd` and redirections look at the disk. */
export const PROJECT = "/srv/shop";

/** Finds every program but those that say they are missing. */
export function everywhere(word: string): string | null {
  return word.startsWith("no-such") || word === "cd" || word === ":" ? null : `/usr/bin/${word}`;
}

/** Plans a line or an argv in {@link PROJECT}. */
export function plan(command: string | readonly string[], cwd: string = PROJECT): CommandPlan {
  const given = typeof command === "string" ? { command } : { argv: command };
  return parseCommand({ ...given, cwd, project: PROJECT, lookup: everywhere, secrets: false, tainted: false });
}

/** The words of every command that would be decided; `null` stands for an opaque text. */
export function commandsOf(planned: CommandPlan): readonly (readonly string[] | null)[] {
  return planned.actions.flatMap(({ target }) => target.kind === "command" ? [target.argv] : []);
}

/** `CAPABILITY PATH-OR-ID` of everything that is no command. */
export function effectsOf(planned: CommandPlan): readonly string[] {
  return planned.actions.flatMap(({ capability, target }) => {
    if (target.kind === "path") return [`${capability} ${target.real}`];
    return target.kind === "package"
      ? [`${capability} ${target.id}${target.version === null ? "" : `@${target.version}`}`]
      : [];
  });
}

/** Would argv rules alone let it run? Every command must be known, and none may be of `denied`. */
export function allowedByArgv(planned: CommandPlan, denied: (word: string) => boolean): boolean {
  return commandsOf(planned).every((argv) => argv !== null && !denied(argv[0] ?? ""));
}

/** The value of a call, or the code of the coded error that it ended with; any other error goes on. */
export function outcomeOf<Value>(run: () => Value): { readonly value: Value } | { readonly code: string } {
  try {
    return { value: run() };
  } catch (cause) {
    if (cause instanceof PolicyError) return { code: cause.code };
    throw cause;
  }
}
