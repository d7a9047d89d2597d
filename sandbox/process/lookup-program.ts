import { accessSync, constants, statSync } from "node:fs";

/** PATH inside the sandbox, after the tool chains of the user's configuration. */
export const SANDBOX_PATH: readonly string[] = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * Finds a program on the sandbox's fixed PATH.
 *
 * @example
 * ```ts
 * lookupProgram("git"); // "/usr/bin/git"
 * ```
 * @param word The first word of a command; with a slash it is not looked up.
 * @param extraPaths Read-only tool chains; they come first, as in the command's own PATH.
 * @returns Its absolute path, or `null`.
 */
export function lookupProgram(word: string, extraPaths: readonly string[] = []): string | null {
  if (word === "" || word.includes("/") || word.includes("\0") || word === "." || word === "..") return null;
  for (const folder of [...extraPaths.map(toolchainPath), ...SANDBOX_PATH]) {
    const path = `${folder}/${word}`;
    if (isProgram(path)) return path;
  }
  return null;
}

/**
 * Gives the folder of a tool chain that belongs on PATH.
 *
 * @param path Real path of the tool chain.
 * @returns Its `bin` folder where it has one, else itself.
 */
export function toolchainPath(path: string): string {
  const bin = `${path}/bin`;
  return statSync(bin, { throwIfNoEntry: false })?.isDirectory() === true ? bin : path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
