import { realpathSync, statSync } from "node:fs";
import { isAbsolute, matchesGlob, sep } from "node:path";
import { ACP_CODE, acpError } from "./acp-error.ts";

/** What a folder is checked against. */
export interface FolderRules {
  /** Real path of the person's home folder. */
  readonly userHome: string;
  /** Where keys, vault and trust are. */
  readonly home: string;
  /** Globs of `acp.cwd_allow`; `null`: every folder that is not refused. */
  readonly allow: readonly string[] | null;
}

const SYSTEM = ["/proc", "/sys", "/dev", "/etc", "/boot"];

/**
 * Checks the folder of a session: a client may name any path, and whatever it is becomes the root of what an agent
 * works on.
 *
 * @param cwd As the client gave it.
 * @param rules Home, keys and what the person allows.
 * @returns The real path.
 * @throws {RequestError} -32602 with the reason.
 */
export function checkFolder(cwd: string, rules: FolderRules): string {
  if (cwd.includes("\0")) throw refused(cwd, "it holds a NUL character");
  if (!isAbsolute(cwd)) throw refused(cwd, "it is not an absolute path");
  const real = realFolder(cwd);
  if (real === sep) throw refused(cwd, "it is the root of the file system");
  const userHome = realOrSame(rules.userHome);
  if (real === userHome || isBelow(userHome, real)) throw refused(cwd, "it is your home folder, or above it");
  const home = realOrSame(rules.home);
  if (real === home || isBelow(real, home)) throw refused(cwd, "agentzero keeps its keys there");
  if (SYSTEM.some((folder) => real === folder || isBelow(real, folder))) throw refused(cwd, "it belongs to the system");
  if (rules.allow !== null && !rules.allow.some((glob) => real === glob || matchesGlob(real, glob))) {
    throw refused(cwd, "`acp.cwd_allow` of your config.yml does not name it");
  }
  return real;
}

function realFolder(cwd: string): string {
  try {
    const real = realpathSync(cwd);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Told below.
  }
  throw refused(cwd, "there is no such folder");
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function refused(cwd: string, why: string): Error {
  return acpError(ACP_CODE.params, `Cannot open "${cwd.slice(0, 200)}": ${why}`, {
    code: "PATH_INVALID",
    hint: "open the folder of a project",
  });
}
