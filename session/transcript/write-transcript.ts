import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import type { WriterFacts } from "../../audit/mod.ts";
import { checkOwnFolder, type Clock, errorCode, type Random, type SessionId } from "../../core/mod.ts";
import { SessionError } from "../errors.ts";
import { type LinePlace, placeAfter, sealHeader, sealLine } from "./format.ts";
import { maskRecord } from "./mask-record.ts";
import {
  MAX_TRANSCRIPT_BYTES,
  readTranscript,
  readTranscriptHeader,
  type TranscriptContent,
  transcriptFile,
  type TranscriptFolder,
} from "./read-transcript.ts";
import type { TranscriptHeader, TranscriptRecord } from "./record.ts";
import { takeWriterLock } from "./writer-lock.ts";

/** The one writer of a session's transcript. */
export interface Transcript {
  /** Its session. */
  readonly session: SessionId;
  /** Absolute path. */
  readonly file: string;
  /**
   * Appends one entry, masked, as one sealed line. Entries that end a turn are synced to disk.
   *
   * @throws {SessionError} `SESSION_WRITE`; then the file ends with its last whole line.
   */
  append(record: TranscriptRecord): void;
  /** Closes the file and gives the lock back. Idempotent. */
  close(): void;
}

/** What a writer needs besides the folder. */
export interface TranscriptWriting {
  /** Keys and nonces. */
  readonly random: Random;
  /** When it began. */
  readonly clock: Clock;
  /** Facts of this process, for the lock. */
  readonly writer: WriterFacts;
  /** Masks secret values; called for every string before it is sealed. */
  readonly mask: (text: string) => string;
}

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
  openFolder(folder.dir, session);
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
    const fd = openFile(file, session, constants.O_CREAT | constants.O_EXCL);
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
    const fd = openFile(file, session, 0);
    if (fstatSync(fd).size > content.end.bytes) ftruncateSync(fd, content.end.bytes);
    const { key, at, bytes } = content.end;
    return { content, transcript: startWriter({ session, file, fd, key, release, writing }, { at, bytes }) };
  } catch (cause) {
    release();
    throw cause;
  }
}

interface Opened {
  readonly session: SessionId;
  readonly file: string;
  readonly fd: number;
  readonly key: Uint8Array;
  readonly release: () => void;
  readonly writing: TranscriptWriting;
}

function startWriter(
  opened: Opened,
  from: { readonly at: LinePlace | null; readonly bytes: number },
): Transcript & { line(text: string, durable: boolean): void } {
  const { session, file, fd, key, writing } = opened;
  let { at, bytes } = from;
  let closed = false;

  function line(text: string, durable: boolean): void {
    if (closed) throw failure(session, "it was closed");
    const whole = Buffer.from(`${text}\n`, "utf8");
    if (bytes + whole.length > MAX_TRANSCRIPT_BYTES) {
      throw failure(session, "it has grown too large", "start anew with /new");
    }
    try {
      writeWhole(fd, whole);
      if (durable) fdatasyncSync(fd);
    } catch (cause) {
      // A full disk leaves half a line: take it away, so that what follows does not stand behind damage.
      cutBack(fd, bytes);
      throw failure(session, errorCode(cause), "check free space and permissions of the sessions folder");
    }
    bytes += whole.length;
    at = placeAfter(at, text);
  }

  return {
    session,
    file,
    line,
    append(record): void {
      if (at === null) throw failure(session, "it has no header");
      const text = sealLine(session, maskRecord(record, writing.mask), { at, key, random: writing.random });
      line(text, record.kind !== "item" || record.item.kind === "reply");
    },
    close(): void {
      if (closed) return;
      closed = true;
      try {
        fdatasyncSync(fd);
      } catch {
        // Every turn was synced when it was written.
      }
      closeSync(fd);
      key.fill(0);
      opened.release();
    },
  };
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    const count = writeSync(fd, bytes, offset, bytes.length - offset, null);
    if (count === 0) throw Object.assign(new Error("short write"), { code: "ENOSPC" });
    offset += count;
  }
}

function cutBack(fd: number, bytes: number): void {
  try {
    ftruncateSync(fd, bytes);
  } catch {
    // Then the torn line stays: a reader leaves it out.
  }
}

function openFolder(dir: string, session: SessionId): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw failure(session, errorCode(cause), `check the permissions of "${dir}"`);
  }
  const checked = checkOwnFolder(dir, true);
  if (checked.kind === "ok") return;
  throw failure(
    session,
    checked.kind === "missing" ? "its folder vanished" : checked.why,
    checked.kind === "missing" ? undefined : checked.hint,
  );
}

function openFile(file: string, session: SessionId, how: number): number {
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
    throw failure(session, errorCode(cause), "check free space and permissions of the sessions folder");
  }
}

function failure(session: SessionId, why: string, hint?: string): SessionError {
  return new SessionError("SESSION_WRITE", `Cannot keep session "${session}": ${why}`, { hint });
}
