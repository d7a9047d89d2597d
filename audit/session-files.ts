import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { geteuid } from "node:process";
import { join } from "node:path";
import { errorCode, type SessionId } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { parseSegmentName, segmentName } from "./format-record.ts";

/** The files of one session, in the order they were written. */
export interface SessionFiles {
  /** The session that their names carry. */
  readonly session: SessionId;
  /** Numbers from 1 and absolute paths, ascending. */
  readonly segments: readonly { readonly seg: number; readonly path: string }[];
}

/**
 * Makes a folder of the record with mode 0700 and checks that it is ours.
 *
 * @param dir Absolute path.
 * @throws {AuditError} `LOG_UNSAFE` for a link or foreign owner, `AUDIT_UNWRITABLE` when it cannot be made.
 */
export function prepareFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AuditError("AUDIT_UNWRITABLE", `Cannot make folder "${dir}": ${errorCode(cause)}`, {
      hint: "check permissions and free space",
      cause,
    });
  }
  const stat = lstatSync(dir);
  const user = geteuid?.();
  // Threat: a project whose audit folder is a link to somewhere else, or belongs to somebody who can swap files in it.
  const why = !stat.isDirectory()
    ? "it is not a folder"
    : user !== undefined && stat.uid !== user
    ? `it belongs to user ${stat.uid}`
    : user !== undefined && (stat.mode & 0o002) !== 0
    ? "every user may change it"
    : null;
  if (why !== null) {
    throw new AuditError("LOG_UNSAFE", `Cannot record in "${dir}": ${why}`, {
      hint: stat.isDirectory() ? `look at what is in it, then: chmod go= "${dir}"` : "move it away",
    });
  }
  // Ours, but open: a clone under a lax umask. Nobody else has to look into it.
  if (user !== undefined && (stat.mode & 0o077) !== 0) chmodSync(dir, 0o700);
}

/**
 * Lists the sessions of an audit folder.
 *
 * @param dir The folder.
 * @returns Sessions with their segments, newest session first; empty when there is no folder.
 * @throws {AuditError} `LOG_UNSAFE` when it cannot be read.
 */
export function listSessionFiles(dir: string): readonly SessionFiles[] {
  const found = new Map<SessionId, { seg: number; path: string }[]>();
  for (const name of readNames(dir)) {
    const parsed = parseSegmentName(name);
    if (parsed === null) continue;
    const segments = found.get(parsed.session) ?? [];
    segments.push({ seg: parsed.seg, path: join(dir, name) });
    found.set(parsed.session, segments);
  }
  return [...found].map(([session, segments]) => ({
    session,
    segments: segments.toSorted((a, b) => a.seg - b.seg),
  })).toSorted((a, b) => a.session < b.session ? 1 : -1);
}

/** Absolute path of one segment. */
export function segmentPath(dir: string, session: SessionId, seg: number): string {
  return join(dir, segmentName(session, seg));
}

function readNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return [];
    throw new AuditError("LOG_UNSAFE", `Cannot read "${dir}": ${errorCode(cause)}`, { cause });
  }
}
