import { accessSync, constants } from "node:fs";

// Threat: a program of that name in a folder of the user's PATH. Only system folders count.
const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] as const;

/**
 * Finds `prlimit` (util-linux).
 *
 * @returns Its absolute path, or `null`.
 */
export function findPrlimit(): string | null {
  for (const folder of FOLDERS) {
    try {
      accessSync(`${folder}/prlimit`, constants.X_OK);
      return `${folder}/prlimit`;
    } catch {
      // The next one.
    }
  }
  return null;
}
