import type { AtomicAction, Target, Verdict } from "../core/mod.ts";

/** Longer commands are cut: they are meant to be read and typed. */
const MAX_LETTERS = 240;

/**
 * Writes the command that explains a denial.
 *
 * @example
 * ```ts
 * explainCommand(action); // agentzero policy explain file_read --path /home/me/x
 * ```
 * @param action The action.
 * @returns A command line for a POSIX shell; it ends in `…` when the target cannot be spelled in one line.
 */
export function explainCommand({ capability, target, skill, tainted }: AtomicAction): string {
  const flags = flagsOf(target);
  const who = skill === null ? "" : ` --skill ${quote(skill.id)}`;
  const start = `agentzero policy explain ${capability}`;
  // Every denial has this line: it is put together without lists and looked at word by word, not as a whole.
  if (flags.length + who.length > MAX_LETTERS || flags.endsWith(UNSPELLED) || who.endsWith(UNSPELLED)) {
    return `${start} …`;
  }
  return `${start}${flags}${who}${tainted ? " --tainted" : ""}`;
}

/**
 * What a denied person can do next: what the verdict says, else, where nothing allows it, the command that explains it.
 * Written for what is shown, not with each decision: most denials are one of many and never read.
 *
 * @param verdict A verdict.
 * @param action The action that it is about.
 * @returns The hint, or `null`.
 */
export function hintOf({ reason, hint }: Verdict, action: AtomicAction): string | null {
  return hint ?? (reason.startsWith("no_match:") ? explainCommand(action) : null);
}

function flagsOf(target: Target): string {
  switch (target.kind) {
    case "path":
      return `${target.staged ? " --staged" : ""} --path ${quote(target.real)}`;
    case "command":
      return ` --command ${quote(target.text)}`;
    case "network":
      return `${target.method === "GET" ? "" : ` --method ${target.method}`} --url ${quote(target.url)}`;
    case "model": {
      const where = target.host === null ? "" : ` --host ${target.host}`;
      return `${where}${target.remote ? " --remote" : ""} --provider ${quote(target.provider)}`;
    }
    case "secret":
      return `${target.host === null ? "" : ` --host ${target.host}`} --secret ${quote(target.handle)}`;
    case "package":
      return ` --package ${quote(target.id)}`;
    case "import":
      return ` --import ${quote(target.name)}`;
    case "skill":
      return ` --skill ${quote(target.name)}`;
    default:
      return target satisfies never;
  }
}

/** Ends the flags of a target that has letters no terminal should show. */
const UNSPELLED = "\0";
const SAFE = /^[\w@%+=:,./-]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

function quote(word: string): string {
  if (word.length > MAX_LETTERS) return UNSPELLED;
  if (SAFE.test(word)) return word;
  return PRINTABLE.test(word) ? `'${word.replaceAll("'", `'\\''`)}'` : UNSPELLED;
}
