import { resolve } from "node:path";
import type { AtomicAction, CommandTarget, PathTarget } from "../../../core/mod.ts";
import { parseCommand, placeText } from "../../../policy/mod.ts";

/** What commands of a record are read against. */
export interface CommandsContext {
  readonly project: string;
  readonly lookup: (word: string) => string | null;
  /** `true` when the call carried secret values. */
  readonly secrets: boolean;
  readonly tainted: boolean;
}

/** A recorded command, read again. */
export interface RecordedCommand {
  readonly target: CommandTarget;
  readonly denyOnly: boolean;
  /** `false` when reading the text again does not give the commands that were recorded. */
  readonly exact: boolean;
}

/**
 * Reads the commands of an intent again. A line whose words hide what would run is on record as a whole, followed by
 * each literal command in it: read again it gives the same commands, in the same order, or it counts as inexact.
 *
 * @param texts The recorded targets of the intent's commands, in order.
 * @param context The project it was recorded in.
 * @returns One for each text; `null` for a text that is no command.
 */
export function readCommands(
  texts: readonly string[],
  context: CommandsContext,
): readonly (RecordedCommand | null)[] {
  const read: (RecordedCommand | null)[] = [];
  while (read.length < texts.length) read.push(...nextCommands(texts, read.length, context));
  return read;
}

function nextCommands(
  texts: readonly string[],
  at: number,
  context: CommandsContext,
): readonly [RecordedCommand | null, ...RecordedCommand[]] {
  let best: readonly AtomicAction[] = [];
  let any: CommandTarget | null = null;
  for (const commands of readings(texts[at] ?? "", context)) {
    any ??= commandOf(commands[0]);
    const same = commands.every((action, index) => isRecorded(action, texts[at + index], context.project));
    if (same && commands.length > best.length) best = commands;
  }
  const [first, ...others] = best.flatMap((action) => {
    const target = commandOf(action);
    return target === null ? [] : [{ target, denyOnly: action.denyOnly === true, exact: true }];
  });
  if (first !== undefined) return [first, ...others];
  return [any === null ? null : { target: any, denyOnly: false, exact: false }];
}

/** The commands of a text: as one that starts in the project, and with the folder that the record puts before it. */
function readings(text: string, context: CommandsContext): readonly (readonly AtomicAction[])[] {
  const { project } = context;
  const [, plain, quoted = "", rest] = PLACED.exec(text) ?? [];
  const whole = commandsIn(text, project, context);
  if (rest === undefined) return [whole];
  const folder = plain ?? quoted.slice(1, -1).replaceAll("'\\''", "'");
  return [commandsIn(rest, resolve(project, folder), context), whole];
}

/** What {@link placeText} writes: a folder as a word, quoted only where it must be. */
const PLACED = /^cd (?:([\w@%+=:,./-]+)|((?:'[^']*'|\\')+)) && ([^]*)$/;

function commandsIn(
  text: string,
  cwd: string,
  { project, lookup, secrets, tainted }: CommandsContext,
): readonly AtomicAction[] {
  try {
    const plan = parseCommand({ command: text, cwd, project, lookup, secrets, tainted, resolve: withoutFolders });
    return plan.actions.filter((action) => action.capability === "shell_command");
  } catch {
    return [];
  }
}

/** Finds paths by their text. A `cd` that is left in a recorded text led nowhere: a folder is asked for at itself. */
function withoutFolders(input: string, base: string): PathTarget {
  if (input === base) throw new Error("no folder");
  const path = resolve(base, input);
  return { kind: "path", real: path, lexical: path, file: "file", staged: false };
}

function isRecorded(action: AtomicAction, text: string | undefined, project: string): boolean {
  const target = commandOf(action);
  return target !== null && text !== undefined && placeText(target, project) === text;
}

function commandOf(action: AtomicAction | undefined): CommandTarget | null {
  return action?.target.kind === "command" ? action.target : null;
}
