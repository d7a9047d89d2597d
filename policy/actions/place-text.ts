import { isAbsolute, relative, sep } from "node:path";
import type { CommandTarget } from "../../core/mod.ts";
import { showWord } from "./words.ts";

/**
 * Writes a command together with the folder that it starts in, as a line that starts in the project: the record keeps
 * it so, and {@link takeLeadingCd} reads it again.
 *
 * @example
 * ```ts
 * placeText(target, "/home/me/shop"); // cd src && npm test
 * ```
 * @param target A command.
 * @param project Real path of the project.
 * @returns The text alone for a command that starts in the project itself.
 */
export function placeText({ text, cwd }: CommandTarget, project: string): string {
  if (cwd === project) return text;
  const below = relative(project, cwd);
  const folder = below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below) ? cwd : below;
  return `cd ${showWord(folder.startsWith("-") ? `./${folder}` : folder)} && ${text}`;
}
