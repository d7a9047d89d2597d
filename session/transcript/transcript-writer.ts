import { closeSync, fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import type { WriterFacts } from "../../audit/mod.ts";
import { type Clock, errorCode, type Random, type SessionId } from "../../core/mod.ts";
import { type LinePlace, placeAfter, sealLine } from "./format.ts";
import { maskRecord } from "./mask-record.ts";
import { MAX_TRANSCRIPT_BYTES } from "./read-transcript.ts";
import type { TranscriptRecord } from "./record.ts";
import { writeFailure } from "./transcript-file.ts";

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

/** A transcript that is open, with the lock that makes us its one writer. */
export interface LockedTranscript {
  readonly session: SessionId;
  readonly file: string;
  readonly fd: number;
  /** Seals its lines; wiped when the writer closes. */
  readonly key: Uint8Array;
  /** Gives the lock back. */
  readonly release: () => void;
  readonly writing: TranscriptWriting;
}

/**
 * Starts to write behind what a transcript holds.
 *
 * @param opened The file and what is written with.
 * @param from Where its last line ends; `at` is `null` before the header.
 * @returns The writer; `line` writes a line as it is, and syncs it where it is to be durable.
 */
export function startWriter(
  opened: LockedTranscript,
  from: { readonly at: LinePlace | null; readonly bytes: number },
): Transcript & { line(text: string, durable: boolean): void } {
  const { session, file, fd, key, writing } = opened;
  let { at, bytes } = from;
  let closed = false;

  function line(text: string, durable: boolean): void {
    if (closed) throw writeFailure(session, "it was closed");
    const whole = Buffer.from(`${text}\n`, "utf8");
    if (bytes + whole.length > MAX_TRANSCRIPT_BYTES) {
      throw writeFailure(session, "it has grown too large", "start anew with /new");
    }
    try {
      writeWhole(fd, whole);
      if (durable) fdatasyncSync(fd);
    } catch (cause) {
      // A full disk leaves half a line: take it away, so that what follows does not stand behind damage.
      cutBack(fd, bytes);
      throw writeFailure(session, errorCode(cause), "check free space and permissions of the sessions folder");
    }
    bytes += whole.length;
    at = placeAfter(at, text);
  }

  return {
    session,
    file,
    line,
    append(record): void {
      if (at === null) throw writeFailure(session, "it has no header");
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
