import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
import { liveness, type WriterFacts } from "../../audit/mod.ts";
import { errorCode, readOwnFile, type SessionId, shape } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";

// A later version may say more about itself.
const FACTS = shape.object({
  pid: shape.integer(),
  ns: shape.string(),
  boot: shape.string(),
  start: shape.integer(),
  version: shape.string(),
  runtime: shape.string(),
}, { others: "dropped" });

/**
 * Makes this process the one writer of a transcript; takes over from a writer that is certainly gone.
 *
 * @param file Path of the transcript; the lock stands beside it.
 * @param session The session, for messages.
 * @param own Facts of this process.
 * @returns Gives the lock back; idempotent.
 * @throws {SessionError} `SESSION_BUSY` while another writer may live, `SESSION_WRITE` when the lock cannot be made.
 */
export function takeWriterLock(file: string, session: SessionId, own: WriterFacts): () => void {
  const path = `${file}.lock`;
  const text = JSON.stringify(own);
  if (!create(path, text, session)) {
    const seen = readLock(path);
    if (seen !== null && (seen.facts === null || liveness(seen.facts, own) === "alive")) {
      throw busy(session, seen.facts);
    }
    // Two takers may both see a dead writer: only what was judged is removed, and only one can create anew.
    if (readLock(path)?.text === seen?.text) rmSync(path, { force: true });
    if (!create(path, text, session)) throw busy(session, null);
  }
  return () => {
    if (readLock(path)?.text === text) rmSync(path, { force: true });
  };
}

/**
 * Tells whether a writer of a transcript may still live.
 *
 * @param file Path of the transcript.
 * @param own Facts of this process.
 * @returns `true` unless there is no lock or its writer is certainly gone.
 */
export function hasWriter(file: string, own: WriterFacts): boolean {
  const seen = readLock(`${file}.lock`);
  return seen !== null && (seen.facts === null || liveness(seen.facts, own) === "alive");
}

function create(path: string, text: string, session: SessionId): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
  } catch (cause) {
    if (errorCode(cause) === "EEXIST") return false;
    throw new SessionError("SESSION_WRITE", `Cannot keep session "${session}": ${errorCode(cause)}`, {
      hint: "check free space and permissions of the sessions folder",
    });
  }
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
  return true;
}

function readLock(path: string): { readonly text: string; readonly facts: WriterFacts | null } | null {
  const file = readOwnFile(path, { maxBytes: 4_096 });
  if (file.kind === "missing") return null;
  if (file.kind === "unsafe") return { text: "", facts: null };
  const text = new TextDecoder().decode(file.bytes);
  try {
    const facts = FACTS.safeParse(JSON.parse(text));
    return { text, facts: facts.data ?? null };
  } catch {
    // Half written: its writer was killed within microseconds, or is just writing it. Nothing is certain.
    return { text, facts: null };
  }
}

function busy(session: SessionId, facts: WriterFacts | null): SessionError {
  const who = facts === null ? "another process" : `process ${facts.pid}`;
  return new SessionError("SESSION_BUSY", `Cannot go on with session "${session}": ${who} is using it`, {
    hint: "end it there first; if nothing uses it, delete the .lock file beside it",
  });
}
