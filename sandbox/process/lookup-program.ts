import { accessSync, constants, statSync } from "node:fs";

/** PATH inside the sandbox, before the tool chains of the user's configuration. */
export const SANDBOX_PATH: readonly string[] = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * Finds a program on the sandbox's fixed PATH.
 *
 * @param word The first word of a command, without a slash.
 * @param extraPaths Read-only tool chains; their `bin`, or they themselves, come first.
 * @returns Its absolute path, or `null`.
 */
export function lookupProgram(word: string, extraPaths: readonly string[] = []): string | null {
  if (word === "" || word.includes("/") || word.includes("\0")) return null;
  for (const folder of [...extraPaths.flatMap((path) => [`${path}/bin`, path]), ...SANDBOX_PATH]) {
    const path = `${folder}/${word}`;
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here; look in the next folder.
    }
  }
  return null;
}
