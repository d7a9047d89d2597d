import { lstatSync, realpathSync } from "node:fs";
import { geteuid } from "node:process";
import { dirname, join, sep } from "node:path";
import { CliError } from "./errors.ts";

/** The name of the folder that makes a folder a project. */
export const PROJECT_FOLDER = ".agentzero";

/** What the search for a project looks at. */
export interface ProjectSearch {
  /** Real path to start at. */
  readonly cwd: string;
  /** `$AGENTZERO_HOME`. */
  readonly home: string;
  readonly userHome: string;
}

/**
 * Finds the project: the nearest folder at or above `cwd` that holds `.agentzero/`, never the person's home folder or
 * one above it.
 *
 * @param search Where to look.
 * @returns Its real path, or `null`.
 * @throws {CliError} `PROJECT_UNSAFE` when `.agentzero` is a link, no folder, or belongs to somebody else.
 */
export function findProject(search: ProjectSearch): string | null {
  const agentHome = realOrSame(search.home);
  const userHome = realOrSame(search.userHome);
  for (let at = search.cwd;; at = dirname(at)) {
    if (at === userHome || isAbove(at, userHome)) return null;
    const folder = join(at, PROJECT_FOLDER);
    // `$AGENTZERO_HOME` may itself be called `.agentzero`: its parent is no project.
    if (folder !== agentHome && folder !== search.home) {
      const problem = checkProjectFolder(folder);
      if (problem === "ok") return at;
      if (problem !== "missing") throw unsafe(folder, problem);
    }
    if (dirname(at) === at) return null;
  }
}

/**
 * As {@link findProject}, for commands that need a project.
 *
 * @param search Where to look.
 * @returns Its real path.
 * @throws {CliError} `NO_PROJECT` when there is none, `PROJECT_UNSAFE` as above.
 */
export function requireProject(search: ProjectSearch): string {
  const root = findProject(search);
  if (root !== null) return root;
  throw new CliError(
    "NO_PROJECT",
    `Cannot find a project: no folder at or above "${search.cwd}" holds ${PROJECT_FOLDER}/`,
    {
      hint: "run `agentzero init` in the folder of your project, or name it with --cwd",
    },
  );
}

/**
 * Looks whether a folder can be a project's `.agentzero`.
 *
 * @param folder Absolute path.
 * @returns `ok`, `missing`, or what is wrong with it.
 */
export function checkProjectFolder(folder: string): string {
  const entry = lstatSync(folder, { throwIfNoEntry: false });
  if (entry === undefined) return "missing";
  // Threat: a link, or a folder that another user put above a shared place such as /tmp, would bring foreign state.
  if (entry.isSymbolicLink()) return "it is a symbolic link";
  if (!entry.isDirectory()) return "it is not a folder";
  const user = geteuid?.();
  if (user !== undefined && entry.uid !== user) return `it belongs to user ${entry.uid}`;
  // Group bits are the usual mode of a clone under umask 002, where the group is the user's own.
  if (user !== undefined && (entry.mode & 0o002) !== 0) return "every user may write to it";
  return "ok";
}

/** Makes the failure for an `.agentzero` that cannot be used. */
export function unsafe(folder: string, problem: string): CliError {
  return new CliError("PROJECT_UNSAFE", `Cannot use "${folder}": ${problem}`, {
    hint: problem === "every user may write to it"
      ? `chmod o-w "${folder}", if you trust its content`
      : "it must be a folder of your own; move it away, or work in another folder with --cwd",
  });
}

function isAbove(folder: string, other: string): boolean {
  return other.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
