import { constants, fstatSync, ftruncateSync, rmSync } from "node:fs";
import type { SessionId } from "../../core/mod.ts";
import { sealHeader } from "./format.ts";
import { maskRecord } from "./mask-record.ts";
import {
  readTranscript,
  readTranscriptHeader,
  type TranscriptContent,
  transcriptFile,
  type TranscriptFolder,
} from "./read-transcript.ts";
import type { TranscriptHeader } from "./record.ts";
import { openTranscriptFile, openTranscriptFolder } from "./transcript-file.ts";
import { startWriter, type Transcript, type TranscriptWriting } from "./transcript-writer.ts";
import { takeWriterLock } from "./writer-lock.ts";

/**
 * Begins the transcript of a new session.
 *
 * @example
 * ```ts
 * const transcript = createTranscript(folder, { session, header }, writing);
 * transcript.append({ kind: "item", item });
 * transcript.close();
 * ```
 * @param folder Where transcripts are; made with mode 0700 when missing.
 * @param of The session and what it is.
 * @param writing Ports.
 * @returns The writer.
 * @throws {SessionError} `SESSION_BUSY` when the session has a transcript already, `SESSION_WRITE`.
 */
export function createTranscript(
  folder: TranscriptFolder,
  of: { readonly session: SessionId; readonly header: TranscriptHeader },
  writing: TranscriptWriting,
): Transcript {
  const { session } = of;
  openTranscriptFolder(folder.dir, session);
  const file = transcriptFile(folder.dir, session);
  const release = takeWriterLock(file, session, writing.writer);
  try {
    const key = writing.random.bytes(32);
    const first = sealHeader({ session, project: folder.project }, maskRecord(of.header, writing.mask), {
      keys: folder.keys,
      key,
      created: writing.clock.now(),
      random: writing.random,
    });
    const fd = openTranscriptFile(file, session, constants.O_CREAT | constants.O_EXCL);
    const writer = startWriter({ session, file, fd, key, release, writing }, { at: null, bytes: 0 });
    try {
      writer.line(first, true);
    } catch (cause) {
      writer.close();
      rmSync(file, { force: true });
      throw cause;
    }
    return writer;
  } catch (cause) {
    release();
    throw cause;
  }
}

/**
 * Goes on with the transcript of an earlier session. A last line that was cut off is taken away first.
 *
 * @param folder Where transcripts are.
 * @param session The session.
 * @param writing Ports.
 * @returns What it holds, and its writer.
 * @throws {SessionError} `SESSION_NOT_FOUND`, `SESSION_DAMAGED`, `SESSION_BUSY`, `SESSION_WRITE`.
 * @throws {CoreError} `KEY_LOCKED`.
 */
export function resumeTranscript(
  folder: TranscriptFolder,
  session: SessionId,
  writing: TranscriptWriting,
): { readonly content: TranscriptContent; readonly transcript: Transcript } {
  // No lock is left beside a session that does not exist or is not ours.
  readTranscriptHeader(folder, session);
  const file = transcriptFile(folder.dir, session);
  const release = takeWriterLock(file, session, writing.writer);
  try {
    const content = readTranscript(folder, session);
    const fd = openTranscriptFile(file, session, 0);
    if (fstatSync(fd).size > content.end.bytes) ftruncateSync(fd, content.end.bytes);
    const { key, at, bytes } = content.end;
    return { content, transcript: startWriter({ session, file, fd, key, release, writing }, { at, bytes }) };
  } catch (cause) {
    release();
    throw cause;
  }
}
