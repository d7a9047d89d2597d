import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CoreError, errorCode, type Keys, readOwnFile, type SessionId } from "../../core/mod.ts";
import type { ContextItem } from "../context.ts";
import { SessionError } from "../errors.ts";
import {
  belongsHere,
  type LinePlace,
  openHeader,
  openLine,
  openSessionKey,
  parseHeader,
  placeAfter,
  type SealedHeader,
} from "./format.ts";
import {
  readHeader,
  readRecord,
  type TranscriptHeader,
  type TranscriptRecord,
  type TranscriptState,
} from "./record.ts";

/** Where transcripts are and whose they are. */
export interface TranscriptFolder {
  /** `.agentzero/sessions`, or `sessions` under the home. */
  readonly dir: string;
  /** Real path of the project, or `null` under the home. */
  readonly project: string | null;
  /** Keys of the installation. */
  readonly keys: Keys;
}

/** A whole transcript, decrypted and checked. */
export interface TranscriptContent {
  /** Its session. */
  readonly session: SessionId;
  /** Absolute path. */
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** What it is. */
  readonly header: TranscriptHeader;
  /** The context as it stands: what a resumed session goes on with. */
  readonly items: readonly ContextItem[];
  /** Every entry in order, for showing and export. */
  readonly records: readonly TranscriptRecord[];
  /** The last counters, or `null` when none were kept. */
  readonly state: TranscriptState | null;
  /** What the reader should know: a line that was cut off at the end. */
  readonly notices: readonly string[];
  /** For the writer that goes on. */
  readonly end: TranscriptEnd;
}

/** Where a transcript ends, and the key to go on with. */
export interface TranscriptEnd {
  /** The session's key; wiped by the writer that takes it. */
  readonly key: Uint8Array;
  /** Place of the next line. */
  readonly at: LinePlace;
  /** Bytes up to the end of the last whole line. */
  readonly bytes: number;
}

/** The most bytes of one transcript. */
export const MAX_TRANSCRIPT_BYTES: number = 256 * 1_048_576;

const MAX_HEADER_BYTES = 65_536;

/**
 * Names the file of a session.
 *
 * @param dir Folder of the transcripts.
 * @param session The session.
 * @returns Absolute path.
 */
export function transcriptFile(dir: string, session: SessionId): string {
  return join(dir, `${session}.jsonl`);
}

/**
 * Reads a transcript and checks every line of it.
 *
 * @param folder Where transcripts are.
 * @param session The session.
 * @returns Its content; a last line without end is left out, with a notice.
 * @throws {SessionError} `SESSION_NOT_FOUND`; `SESSION_DAMAGED` for anything that is not exactly what was written.
 * @throws {CoreError} `KEY_LOCKED` when a passphrase protects the reading key.
 */
export function readTranscript(folder: TranscriptFolder, session: SessionId): TranscriptContent {
  const file = transcriptFile(folder.dir, session);
  const bytes = readBytes(file, session);
  const whole = bytes.lastIndexOf(10) + 1;
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, whole).toString("utf8").split("\n").slice(0, -1);
  const sealed = checkedHeader(folder, session, lines[0] ?? "");
  const key = keyOf(folder.keys, sealed, session);
  const header = readHeader(openHeader(sealed, key));
  if (header === null) throw damaged(session, 1);
  let at = placeAfter(null, lines[0] ?? "");
  const records: TranscriptRecord[] = [];
  for (const line of lines.slice(1)) {
    const record = readRecord(openLine(session, line, { at, key }));
    if (record === null) throw damaged(session, at.number);
    records.push(record);
    at = placeAfter(at, line);
  }
  return {
    session,
    file,
    created: sealed.created,
    header,
    items: itemsOf(records),
    records,
    state: records.findLast((record) => record.kind === "state")?.state ?? null,
    notices: whole < bytes.length ? ["the last line was cut off and is left out"] : [],
    end: { key, at, bytes: whole },
  };
}

/**
 * Reads only the header of a transcript, for lists.
 *
 * @param folder Where transcripts are.
 * @param session The session.
 * @returns Header and start; `header` is `null` while the reading key is locked.
 * @throws {SessionError} As {@link readTranscript}.
 */
export function readTranscriptHeader(
  folder: TranscriptFolder,
  session: SessionId,
): { readonly created: number; readonly header: TranscriptHeader | null } {
  const line = firstLine(transcriptFile(folder.dir, session), session);
  const sealed = checkedHeader(folder, session, line);
  const key = openSessionKey(sealed, folder.keys);
  if (key === "locked") return { created: sealed.created, header: null };
  const header = key === null ? null : readHeader(openHeader(sealed, key));
  if (header === null) throw damaged(session, 1);
  return { created: sealed.created, header };
}

/** A list must not read gigabytes for a few titles. */
function firstLine(file: string, session: SessionId): string {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw errorCode(cause) === "ENOENT" ? notFound(session) : damaged(session, 1);
  }
  try {
    if (!fstatSync(fd).isFile()) throw damaged(session, 1);
    const buffer = new Uint8Array(MAX_HEADER_BYTES);
    const count = readSync(fd, buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, count).indexOf(10);
    return end === -1 ? "" : new TextDecoder().decode(buffer.subarray(0, end));
  } finally {
    closeSync(fd);
  }
}

function notFound(session: SessionId): SessionError {
  return new SessionError("SESSION_NOT_FOUND", `Cannot find session "${session}" in this folder`, {
    hint: "agentzero session list",
  });
}

function readBytes(file: string, session: SessionId): Uint8Array {
  const read = readOwnFile(file, { maxBytes: MAX_TRANSCRIPT_BYTES, secret: true });
  if (read.kind === "missing") throw notFound(session);
  if (read.kind === "unsafe") {
    throw new SessionError("SESSION_DAMAGED", `Cannot read session "${session}": ${read.why}`, { hint: read.hint });
  }
  return read.bytes;
}

function checkedHeader(folder: TranscriptFolder, session: SessionId, line: string): SealedHeader {
  const header = parseHeader(line);
  if (header === null) throw damaged(session, 1);
  if (belongsHere({ session, project: folder.project }, header, folder.keys)) return header;
  const where = basename(dirname(folder.dir)) === ".agentzero" ? "this project" : "this home";
  throw new SessionError("SESSION_DAMAGED", `Cannot read session "${session}": it was not written here by ${where}`, {
    hint: "a transcript is bound to its project and installation; it cannot be moved or copied",
  });
}

function keyOf(keys: Keys, header: SealedHeader, session: SessionId): Uint8Array {
  const key = openSessionKey(header, keys);
  if (key === "locked") {
    throw new CoreError("KEY_LOCKED", `Cannot read session "${session}": a passphrase protects its key`, {
      hint: "unlock it: AGENTZERO_PASSPHRASE or --passphrase-file",
    });
  }
  if (key === null || key.length !== 32) throw damaged(session, 1);
  return key;
}

function itemsOf(records: readonly TranscriptRecord[]): readonly ContextItem[] {
  let items: ContextItem[] = [];
  for (const record of records) {
    if (record.kind === "item") items.push(record.item);
    else if (record.kind === "rewrite") items = [...record.items];
  }
  return items;
}

function damaged(session: SessionId, line: number): SessionError {
  return new SessionError(
    "SESSION_DAMAGED",
    `Cannot read session "${session}": line ${line} is not as it was written`,
    {
      hint:
        "the record of what it did is intact and elsewhere: agentzero audit verify; delete it: agentzero session rm",
    },
  );
}
