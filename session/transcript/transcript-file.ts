import { constants, fchmodSync, mkdirSync, openSync } from "node:fs";
import { checkOwnFolder, errorCode, type SessionId } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";

/**
 * Makes the folder of transcripts where it is missing, and checks that it is ours alone.
 *
 * @param dir Absolute path.
 * @param session Whose transcript is wanted, for the message.
 * @throws {SessionError} `SESSION_WRITE`.
 */
export function openTranscriptFolder(dir: string, session: SessionId): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw writeFailure(session, errorCode(cause), `check the permissions of "${dir}"`);
  }
  const checked = checkOwnFolder(dir, true);
  if (checked.kind === "ok") return;
  throw writeFailure(
    session,
    checked.kind === "missing" ? "its folder vanished" : checked.why,
    checked.kind === "missing" ? undefined : checked.hint,
  );
}

/**
 * Opens a transcript to append to it, never through a link.
 *
 * @param file Absolute path.
 * @param session Whose it is, for the message.
 * @param how 0 for one that exists; flags that make it otherwise, then with mode 0600.
 * @returns The descriptor.
 * @throws {SessionError} `SESSION_BUSY` when one that is to be made exists, `SESSION_WRITE`.
 */
export function openTranscriptFile(file: string, session: SessionId, how: number): number {
  try {
    const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0) | how, 0o600);
    if (how !== 0) fchmodSync(fd, 0o600);
    return fd;
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") {
      throw new SessionError("SESSION_BUSY", `Cannot begin session "${session}": it has a transcript already`, {
        hint: `go on with it: agentzero chat --resume ${session}`,
      });
    }
    throw writeFailure(session, errorCode(cause), "check free space and permissions of the sessions folder");
  }
}

/**
 * Says that a transcript cannot be written.
 *
 * @param session Whose it is.
 * @param why What was seen.
 * @param hint What to do.
 * @returns The error, `SESSION_WRITE`.
 */
export function writeFailure(session: SessionId, why: string, hint?: string): SessionError {
  return new SessionError("SESSION_WRITE", `Cannot keep session "${session}": ${why}`, { hint });
}
