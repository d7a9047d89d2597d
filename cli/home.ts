import { chmodSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { geteuid } from "node:process";
import { checkOwnFolder, errorCode } from "../core/mod.ts";
import { CliError } from "./errors.ts";

/**
 * Opens the folder for keys, vault, trust and grants: makes it when missing, and closes it to others.
 *
 * @param home `CommandContext.home`.
 * @returns Its real path.
 * @throws {CliError} `HOME_UNSAFE` when it is a link, no folder, somebody else's or writable by others; `WRITE_FAILED`
 * when it cannot be made.
 */
export function openHome(home: string): string {
  makeFolder(home);
  closeToOthers(home);
  const checked = checkOwnFolder(home, true);
  if (checked.kind === "ok") return realpathSync(home);
  const why = checked.kind === "missing" ? "it vanished" : checked.why;
  throw new CliError("HOME_UNSAFE", `Cannot use "${home}" for keys and grants: ${why}`, {
    hint: checked.kind === "missing" ? "run again" : `${checked.hint}, or name another folder with --home`,
  });
}

/**
 * Gives the folder for keys and grants without making it, for commands that only look.
 *
 * @param home `CommandContext.home`.
 * @returns Its real path; where it does not exist, the path it would have.
 */
export function peekHome(home: string): string {
  try {
    return realpathSync(home);
  } catch {
    try {
      return join(realpathSync(dirname(home)), basename(home));
    } catch {
      return home;
    }
  }
}

function makeFolder(home: string): void {
  try {
    // Missing parents get the usual mode; the folder itself is private from the first moment.
    mkdirSync(dirname(home), { recursive: true });
    mkdirSync(home, { mode: 0o700 });
  } catch (cause) {
    if (errorCode(cause) === "EEXIST" && exists(home)) return;
    throw new CliError("WRITE_FAILED", `Cannot make "${home}" for keys and grants: ${errorCode(cause)}`, {
      hint: "name a folder that you can write to with --home",
      cause,
    });
  }
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** A folder of our own that others can merely read is closed to them; one they could write to stays refused. */
function closeToOthers(home: string): void {
  const entry = lstatSync(home, { throwIfNoEntry: false });
  const user = geteuid?.();
  if (entry === undefined || user === undefined || !entry.isDirectory() || entry.uid !== user) return;
  if ((entry.mode & 0o077) !== 0 && (entry.mode & 0o022) === 0) chmodSync(home, 0o700);
}
