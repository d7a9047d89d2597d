import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import ignore, { type Ignore } from "ignore";

/** Tells which paths the project's own ignore files name. */
export interface IgnoreRules {
  /** `true` when git would ignore the path, given relative to the project with `/`. */
  ignores(relative: string): boolean;
}

const MAX_IGNORE_BYTES = 256 * 1024;

/**
 * Reads `.gitignore` files of a project as they are needed, nested ones included.
 *
 * This decides only what is dropped without a word; a wrong answer never keeps a file.
 *
 * @param project Real path of the project.
 * @returns The rules; a file that cannot be read ignores nothing.
 */
export function createIgnoreRules(project: string): IgnoreRules {
  const files = new Map<string, Ignore | null>();

  function rulesIn(folder: string): Ignore | null {
    let rules = files.get(folder);
    if (rules === undefined) {
      rules = load(join(project, folder, ".gitignore"));
      files.set(folder, rules);
    }
    return rules;
  }

  return {
    ignores(relative): boolean {
      if (relative === "" || relative.startsWith("../")) return false;
      // The nearest file that says something wins, as in git.
      for (let folder = dirname(relative);; folder = dirname(folder)) {
        const below = folder === "." ? relative : relative.slice(folder.length + 1);
        const verdict = rulesIn(folder)?.test(below);
        if (verdict?.ignored) return true;
        if (verdict?.unignored) return false;
        if (folder === ".") return false;
      }
    },
  };
}

function load(file: string): Ignore | null {
  let fd: number;
  try {
    // Threat: a FIFO in its place would hold us for ever. Links are not followed, as in git.
    fd = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= MAX_IGNORE_BYTES ? ignore().add(readFileSync(fd, "utf8")) : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
