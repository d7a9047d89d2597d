import { realpathSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CliError } from "./errors.ts";

/**
 * Resolves the folder to work in.
 *
 * @param given Value of `--cwd`, or `undefined`.
 * @returns Its real path.
 * @throws {CliError} `NOT_FOUND` when it does not exist or is no folder.
 */
export function resolveCwd(given: string | undefined): string {
  let seen = given ?? ".";
  try {
    seen = resolve(seen);
    const real = realpathSync(seen);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new CliError("NOT_FOUND", `Cannot work in "${seen}": there is no such folder`, {
      hint: given === undefined ? "change to a folder that exists" : "name an existing folder with --cwd",
      cause,
    });
  }
  throw new CliError("NOT_FOUND", `Cannot work in "${seen}": it is not a folder`, { hint: "name a folder with --cwd" });
}

/**
 * Finds the person's own home folder.
 *
 * @param env The environment.
 * @returns Its real path where it exists, else the path itself.
 * @throws {CliError} `HOME_UNSAFE` when neither `HOME` nor the system knows an absolute path.
 */
export function resolveUserHome(env: Readonly<Record<string, string | undefined>>): string {
  for (const candidate of [() => env["HOME"], homedir, () => userInfo().homedir]) {
    try {
      const path = candidate();
      if (path !== undefined && isAbsolute(path)) return realOrSame(path);
    } catch {
      // An account without an entry; ask the next source.
    }
  }
  throw new CliError("HOME_UNSAFE", "Cannot find your home folder: HOME is not an absolute path", {
    hint: "set HOME, or name the folder for keys and grants with --home",
  });
}

/**
 * Resolves the folder for keys, vault, trust and grants. It may not exist yet.
 *
 * @param given Value of `--home`, or `undefined`.
 * @param env The environment.
 * @param userHome The person's home folder.
 * @returns An absolute path.
 */
export function resolveAgentHome(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  userHome: string,
): string {
  const named = given ?? env["AGENTZERO_HOME"];
  return named === undefined || named === "" ? join(userHome, ".agentzero") : resolve(named);
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
