import type { AtomicAction, Target } from "../core/mod.ts";

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
export function explainCommand(action: AtomicAction): string {
  const words = ["agentzero", "policy", "explain", action.capability, ...flagsOf(action.target)];
  if (action.skill !== null) words.push("--skill", action.skill.id);
  if (action.tainted) words.push("--tainted");
  const line = words.map(quote).join(" ");
  if (line.length <= MAX_LETTERS && /^[\x20-\x7e]*$/.test(line)) return line;
  return `agentzero policy explain ${action.capability} …`;
}

function flagsOf(target: Target): readonly string[] {
  switch (target.kind) {
    case "path":
      return ["--path", target.real, ...(target.staged ? ["--staged"] : [])];
    case "command":
      return target.argv === null ? ["--command", target.text] : ["--argv", JSON.stringify(target.argv)];
    case "network":
      return ["--url", target.url, ...(target.method === "GET" ? [] : ["--method", target.method])];
    case "model":
      return [
        "--provider",
        target.provider,
        ...(target.host === null ? [] : ["--host", target.host]),
        ...(target.remote ? ["--remote"] : []),
      ];
    case "secret":
      return ["--secret", target.handle, ...(target.host === null ? [] : ["--host", target.host])];
    case "package":
      return ["--package", target.id];
    case "import":
      return ["--import", target.name];
    case "skill":
      return ["--skill", target.name];
    default:
      return target satisfies never;
  }
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
