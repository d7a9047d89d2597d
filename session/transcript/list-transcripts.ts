import { lstatSync, readdirSync, rmSync } from "node:fs";
import type { WriterFacts } from "../../audit/mod.ts";
import { errorCode, isId, type SessionId } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import { readTranscriptHeader, transcriptFile, type TranscriptFolder } from "./read-transcript.ts";
import type { TranscriptHeader } from "./record.ts";
import { hasWriter } from "./writer-lock.ts";

/** A transcript in a list. */
export interface ListedTranscript {
  /** Its session. */
  readonly session: SessionId;
  /** Milliseconds since 1970; `null` when the file is damaged. */
  readonly created: number | null;
  /** Last write, in milliseconds since 1970. */
  readonly updated: number;
  /** Size of the file. */
  readonly bytes: number;
  /** Whether it can be read. */
  readonly state: "ok" | "locked" | "damaged";
  /** `null` unless the state is `ok`. */
  readonly header: TranscriptHeader | null;
}

/**
 * Names the sessions of a folder, the one last written to first. Nothing is opened or decrypted.
 *
 * @param dir Folder of the transcripts.
 * @returns Their ids.
 */
export function transcriptIds(dir: string): readonly SessionId[] {
  const found: { readonly session: SessionId; readonly updated: number }[] = [];
  for (const name of namesIn(dir)) {
    const session = name.endsWith(".jsonl") ? name.slice(0, -".jsonl".length) : "";
    if (!isId("ses", session)) continue;
    const entry = lstatSync(transcriptFile(dir, session), { throwIfNoEntry: false });
    if (entry?.isFile() === true) found.push({ session, updated: entry.mtimeMs });
  }
  return found
    .toSorted((a, b) => b.updated - a.updated || (a.session < b.session ? 1 : -1))
    .map(({ session }) => session);
}

/**
 * Lists the transcripts of a folder with their headers, the one last written to first.
 *
 * @param folder Where transcripts are.
 * @returns One entry each; damaged ones are named as such, never left out.
 */
export function listTranscripts(folder: TranscriptFolder): readonly ListedTranscript[] {
  const listed: ListedTranscript[] = [];
  for (const session of transcriptIds(folder.dir)) {
    const entry = lstatSync(transcriptFile(folder.dir, session), { throwIfNoEntry: false });
    if (entry === undefined) continue;
    const facts = { session, updated: Math.round(entry.mtimeMs), bytes: entry.size };
    try {
      const { created, header } = readTranscriptHeader(folder, session);
      listed.push({ ...facts, created, header, state: header === null ? "locked" : "ok" });
    } catch {
      listed.push({ ...facts, created: null, header: null, state: "damaged" });
    }
  }
  return listed;
}

/**
 * Deletes a transcript. The record of what the session did is another file and stays.
 *
 * @param dir Folder of the transcripts.
 * @param session The session.
 * @param own Facts of this process.
 * @throws {SessionError} `SESSION_NOT_FOUND`, `SESSION_BUSY`, `SESSION_WRITE`.
 */
export function removeTranscript(dir: string, session: SessionId, own: WriterFacts): void {
  const file = transcriptFile(dir, session);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new SessionError("SESSION_NOT_FOUND", `Cannot find session "${session}" in this folder`, {
      hint: "agentzero session list",
    });
  }
  if (hasWriter(file, own)) {
    throw new SessionError("SESSION_BUSY", `Cannot delete session "${session}": it is being used`, {
      hint: "end it first",
    });
  }
  try {
    rmSync(file);
    rmSync(`${file}.lock`, { force: true });
  } catch (cause) {
    throw new SessionError("SESSION_WRITE", `Cannot delete session "${session}": ${errorCode(cause)}`);
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    // No folder means that no session was kept yet.
    return [];
  }
}
