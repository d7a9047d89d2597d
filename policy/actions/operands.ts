import { dirname, isAbsolute, resolve, sep } from "node:path";
import type { PathTarget } from "../../core/mod.ts";
import { MAX_PATH_BYTES } from "./paths.ts";
import { isOption } from "./words.ts";

/**
 * Finds the paths that words of a git command may name. Git reads from its object store, which no mask covers, so
 * `git show HEAD:.env` counts as reading `.env`, whether such a file exists or not.
 *
 * Links are not followed: a path inside a commit is literal.
 *
 * @param words Words after the subcommand.
 * @param cwd Real path of the folder the command starts in.
 * @param project Real path of the project: `REV:PATH` counts from the top of the work tree.
 * @returns One target a path, without duplicates.
 */
export function gitOperands(words: readonly string[], cwd: string, project: string): readonly PathTarget[] {
  const bases = basesOf(cwd, project);
  const paths = new Set<string>();
  for (const word of words) {
    for (const part of partsOf(word)) {
      if (part === "/dev/null") continue;
      if (isAbsolute(part)) paths.add(resolve(part));
      else for (const base of bases) paths.add(resolve(base, part));
    }
  }
  return [...paths].map((path) => ({ kind: "path", real: path, lexical: path, file: "missing", staged: false }));
}

/** The word, and what stands behind each `:`, `=` and `@` in it, without pathspec magic. */
function partsOf(word: string): readonly string[] {
  if (word.length > MAX_PATH_BYTES) return [];
  // Of an option only the values can name a path: `-L1,9:.env`, `--contents=.env`.
  const parts = isOption(word) ? [] : [word];
  // Threat: a word of thousands of separators would make quadratic work; no path has that many.
  let left = 16;
  for (const { index } of word.matchAll(/[:=@]/g)) {
    if (left-- === 0) break;
    const part = word.slice(index + 1);
    parts.push(part);
    // `:(top).env`, `:/.env`, `:!.env`, `:^.env`
    const bare = part.replace(/^(?:\([^()]*\)|[/!^]+)/, "");
    if (bare !== part) parts.push(bare);
  }
  return parts.filter((part) => part !== "");
}

/** The folder itself and every one above it up to the project. */
function basesOf(cwd: string, project: string): readonly string[] {
  const bases = [cwd];
  if (cwd !== project && !cwd.startsWith(project.endsWith(sep) ? project : project + sep)) return bases;
  for (let base = cwd; base !== project && base !== dirname(base);) {
    base = dirname(base);
    bases.push(base);
  }
  return bases;
}
