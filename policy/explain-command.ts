import type { AtomicAction, Capability, Target, Verdict } from "../core/mod.ts";
import { DEFAULT_TIER } from "./default-tier.ts";

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
export function explainCommand({ capability, target, classes, tier, skill, tainted }: AtomicAction): string {
  const flags = flagsOf(target) + frameOf(capability, { classes, tier });
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

/** What a request has unless it says otherwise is left out. */
function frameOf(capability: Capability, { classes, tier }: Pick<AtomicAction, "classes" | "tier">): string {
  const data = classes.length === 1 && classes[0] === "private" ? "" : ` --class ${classes.join(",")}`;
  return tier === DEFAULT_TIER[capability] ? data : `${data} --tier ${tier}`;
}

function portOf(port: number | null): string {
  return port === null || port === 443 ? "" : ` --port ${port}`;
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
      const where = target.host === null ? "" : ` --host ${target.host}${portOf(target.port)}`;
      const model = target.model === "" || target.model === "any" ? "" : ` --model ${quote(target.model)}`;
      return `${where}${target.remote ? " --remote" : ""}${model} --provider ${quote(target.provider)}`;
    }
    case "secret": {
      const where = target.host === null ? "" : ` --host ${target.host}${portOf(target.port)}`;
      const program = target.program === null ? "" : ` --program ${quote(target.program)}`;
      const slot = target.inject === "bearer" ? "" : ` --inject ${quote(target.inject)}`;
      return `${where}${program}${slot} --secret ${quote(target.handle)}`;
    }
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
