import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../../errors.ts";

/** A file to look into, or one that is left out. */
export type FoundFile =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "skipped"; readonly path: string; readonly reason: string };

/** A part of a file. */
export interface FileWindow {
  readonly bytes: Uint8Array;
  /** Offset in the file up to which the window before has looked. */
  readonly seen: number;
  readonly before: { readonly bytes: number; readonly lines: number; readonly column: number };
}

const WINDOW_BYTES = 16 * 1024 * 1024;
// More than the longest spelling of the longest value with its filler.
const OVERLAP_BYTES = 2 * 1024 * 1024;

/**
 * Lists the regular files at or below a path, in order. Links are not followed; `.git` folders are for `--history`.
 *
 * @param path A file or folder.
 * @returns The files.
 * @throws {CliError} `NOT_FOUND` when there is nothing at `path`.
 */
export function* walkFiles(path: string): Generator<FoundFile> {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) throw new CliError("NOT_FOUND", `Cannot scan "${path}": it does not exist`);
  if (entry.isFile()) yield { kind: "file", path };
  else if (entry.isDirectory()) yield* walkFolder(path);
  else yield { kind: "skipped", path, reason: "it is neither a file nor a folder" };
}

function* walkFolder(folder: string): Generator<FoundFile> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    yield { kind: "skipped", path: folder, reason: "it cannot be read" };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield { kind: "file", path };
    else if (entry.isDirectory() && entry.name !== ".git") yield* walkFolder(path);
  }
}

/**
 * Reads a file in overlapping windows, so that its size does not matter.
 *
 * @param path A regular file.
 * @returns The windows; `null` ends them when the file cannot be read.
 */
export function* readWindows(path: string): Generator<FileWindow | null> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    yield null;
    return;
  }
  try {
    if (!fstatSync(fd).isFile()) {
      yield null;
      return;
    }
    let before = { bytes: 0, lines: 0, column: 0 };
    for (let seen = 0;;) {
      const bytes = readAt(fd, before.bytes);
      if (bytes.length > 0) yield { bytes, seen, before };
      if (bytes.length < WINDOW_BYTES) return;
      seen = before.bytes + bytes.length;
      before = advance(before, bytes.subarray(0, WINDOW_BYTES - OVERLAP_BYTES));
    }
  } catch {
    yield null;
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(WINDOW_BYTES);
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(fd, bytes, length, bytes.length - length, offset + length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function advance(before: FileWindow["before"], bytes: Uint8Array): FileWindow["before"] {
  let lines = before.lines;
  let last = -1;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    lines++;
    last = at;
  }
  const column = (last < 0 ? before.column : 0) + new TextDecoder().decode(bytes.subarray(last + 1)).length;
  return { bytes: before.bytes + bytes.length, lines, column };
}
