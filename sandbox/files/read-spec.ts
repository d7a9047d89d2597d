import type { Digest } from "../../core/mod.ts";
import type { FileStamp } from "./stamp.ts";

/** Lines of a file. */
export interface ReadLinesSpec {
  /** Says which of the alternatives this is. */
  readonly op: "read";
  /** Real path that policy judged. */
  readonly target: string;
  /** First line, from 1. */
  readonly offset: number;
  /** Lines at most, or `null` for all that fit. */
  readonly limit: number | null;
  /** Bytes given at most. */
  readonly maxBytes: number;
}

/** What stands at a path, for a preview of `write` and `edit`. */
export interface ReadStateSpec {
  /** Says which of the alternatives this is. */
  readonly op: "state";
  /** Real path that policy judged. */
  readonly target: string;
  /** A larger file gives `bytes: null` and no digest. */
  readonly maxBytes: number;
}

/** Names below a folder. */
export interface ListSpec {
  /** Says which of the alternatives this is. */
  readonly op: "list";
  /** Real path that policy judged. */
  readonly target: string;
  /** 1 is the folder's own entries. */
  readonly depth: number;
  /** Entries at most. */
  readonly maxEntries: number;
}

/** Lines that match, in a file or below a folder. */
export interface SearchSpec {
  /** Says which of the alternatives this is. */
  readonly op: "search";
  /** Real path that policy judged. */
  readonly target: string;
  /** What is looked for. */
  readonly pattern: string;
  /** `true`: the pattern is text; `false`: a JavaScript regular expression, with the flag `u` if it can have it. */
  readonly literal: boolean;
  /** Hits at most. */
  readonly maxHits: number;
  /** Names of entries that are not entered, besides `.git` and `.agentzero`. */
  readonly skip: readonly string[];
}

/** What tier `host-readonly` does. */
export type ReadSpec = ReadLinesSpec | ReadStateSpec | ListSpec | SearchSpec;

/** Lines of a file, or facts about one that is not text. */
export interface ReadLinesValue {
  /** Says which of the alternatives this is. */
  readonly op: "read";
  /** UTF-8 text of the lines, or `null` when the file is not text. */
  readonly text: string | null;
  /** `true`: not valid UTF-8, or holds NUL; only size, type and digest are given. */
  readonly binary: boolean;
  /** A guess from the first bytes of a binary file, e.g. `image/png`; `application/octet-stream` if not known. */
  readonly type: string;
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** Digest of the whole file, or `null` when it is larger than what is read. */
  readonly digest: Digest | null;
  /** `true` when the file goes on after the last line given. */
  readonly truncated: boolean;
  /** Number of the first line given, from 1. */
  readonly fromLine: number;
  /** How many lines were given. */
  readonly lines: number;
  /** Lines of the whole file, or `null` when its end was not reached. */
  readonly totalLines: number | null;
  /** What the file was when it was read. */
  readonly state: FileStamp;
}

/** What stands at a path, with its content where it was asked for and is small enough. */
export interface FileState extends FileStamp {
  /** `false` when nothing stands there. */
  readonly exists: boolean;
  /** The content of a regular file of at most `maxBytes` bytes, else `null`. */
  readonly bytes: Uint8Array | null;
}

/** The state that {@link ReadStateSpec} asked for. */
export interface ReadStateValue {
  /** Says which of the alternatives this is. */
  readonly op: "state";
  /** What the file was when it was read. */
  readonly state: FileState;
}

/** One entry of a listing. */
export interface ListEntry {
  /** Relative to the target. */
  readonly path: string;
  /** What it is. */
  readonly kind: "file" | "directory" | "symlink" | "special";
  /** Size of a regular file, else `null`. */
  readonly size: number | null;
}

/** A listing, folders before their entries, names in code-unit order. */
export interface ListValue {
  /** Says which of the alternatives this is. */
  readonly op: "list";
  /** What was found, in order. */
  readonly entries: readonly ListEntry[];
  /** Folders left out because `admit` said no. */
  readonly omitted: number;
  /** `true` when a cap was met and there is more. */
  readonly truncated: boolean;
}

/** One matching line. */
export interface SearchHit {
  /** Relative to the target; the file's own name when the target is a file. */
  readonly path: string;
  /** Real path of the file. */
  readonly real: string;
  /** From 1. */
  readonly line: number;
  /** The line, at most 4 KiB of it. */
  readonly text: string;
}

/** What a search found. */
export interface SearchValue {
  /** Says which of the alternatives this is. */
  readonly op: "search";
  /** Lines that match, in the order of the walk. */
  readonly hits: readonly SearchHit[];
  /** Files looked into. */
  readonly files: number;
  /** Files and folders left out because `admit` said no. */
  readonly omitted: number;
  /** Files left out because they are binary or larger than is searched. */
  readonly skipped: number;
  /** `true` when a cap was met and there is more. */
  readonly truncated: boolean;
}

/** What tier `host-readonly` gives. */
export type ReadValue = ReadLinesValue | ReadStateValue | ListValue | SearchValue;
