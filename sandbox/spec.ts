import { b2, type Digest, digestOf, type FileKind } from "../core/mod.ts";
import type { ProcessLimits } from "./limits.ts";
import type { StagedRun } from "./process/staged-run.ts";
import type { RunEnd } from "./process/watchdog.ts";

/** What identifies a file at one moment. Numbers that may pass 2^53 are decimal text. */
export interface FileStamp {
  /** What it is. */
  readonly kind: FileKind;
  /** Size in bytes. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Device number, decimal. */
  readonly dev: string;
  /** Inode number, decimal. */
  readonly ino: string;
  /** How many names it has. */
  readonly nlink: number;
  /** Digest of the content of a regular file or of a link's target text; `null` for everything else. */
  readonly digest: Digest | null;
}

/** What stands at a path, with its content where it was asked for and is small enough. */
export interface FileState extends FileStamp {
  /** `false` when nothing stands there. */
  readonly exists: boolean;
  /** The content of a regular file of at most `maxBytes` bytes, else `null`. */
  readonly bytes: Uint8Array | null;
}

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

/** One atomic write of a whole file. */
export interface WriteSpec {
  /** Says which of the alternatives this is. */
  readonly op: "write";
  /** Real path that policy judged. */
  readonly target: string;
  /** The whole new content. */
  readonly content: Uint8Array;
  /** What the approval saw there; `null`: nothing. */
  readonly expect: FileStamp | null;
  /** Make missing parents, one component at a time. */
  readonly createParents: boolean;
}

/** One folder that has to be there, with those above it. */
export interface FolderSpec {
  /** Says which of the alternatives this is. */
  readonly op: "folder";
  /** Real path that policy judged. */
  readonly target: string;
}

/** What stands there now. */
export interface FolderValue {
  /** Says which of the alternatives this is. */
  readonly op: "folder";
  /** Real path of the folder. */
  readonly real: string;
}

/** What a write left behind. */
export interface WriteValue {
  /** Says which of the alternatives this is. */
  readonly op: "write";
  /** `true` when nothing stood there before. */
  readonly created: boolean;
  /** Digest of the content before; `null` where nothing stood. */
  readonly before: Digest | null;
  /** Digest of the content now. */
  readonly after: Digest;
  /** What stands there now: what a later write must expect. */
  readonly state: FileStamp;
}

/** How a command starts. */
export type ProcessForm =
  | {
    readonly kind: "argv";
    readonly argv: readonly string[];
    /** Absolute path of the program, as the gate found it. */
    readonly program: string;
  }
  | {
    readonly kind: "script";
    /** Run by bash, inside. */
    readonly script: string;
  };

/** A value that a command only uses towards one host, without ever seeing it. */
export interface HostSecret {
  /** Variable that holds the placeholder. */
  readonly env: string;
  /** Names the value; never the value itself. */
  readonly handle: string;
  /** One of the `hosts` of the command. */
  readonly host: string;
  /** `bearer`, `basic:USER` or `header:NAME`: the header that may carry it. */
  readonly slot: string;
  /** For `header:NAME`: the text around the value, or `null`. */
  readonly format: string | null;
}

/** One command in the sandbox. Values of secrets are never part of it. */
export interface ProcessSpec {
  /** Says which of the alternatives this is. */
  readonly op: "process";
  /** Words or a script. */
  readonly form: ProcessForm;
  /** Real path inside the project. */
  readonly cwd: string;
  /** Real path of the project. */
  readonly project: string;
  /** `…/.agentzero/state/stage/<exe>`: made by the run, removed by `keep`, `discard` or the next start. */
  readonly stageDir: string;
  /** `false`: the project is mounted read-only. */
  readonly stage: boolean;
  /** Real paths that the command must not see. */
  readonly hidden: { readonly files: readonly string[]; readonly dirs: readonly string[] };
  /** Read-only tool chains of the user's configuration; their `bin` folders extend PATH. */
  readonly readOnlyPaths: readonly string[];
  /** Public variables by name. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable to handle. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Author and committer of commits made inside, or `null`. */
  readonly gitIdentity: { readonly name: string; readonly email: string } | null;
  /** Bytes for the command's standard input, or `null` for none. */
  readonly stdin?: Uint8Array | null;
  /** `host:port` pairs the command may reach; other than none is refused while no egress proxy runs. */
  readonly hosts?: readonly string[];
  /** Values that the egress proxy puts in for one of the hosts; the command has a placeholder in its variable. */
  readonly hostSecrets?: readonly HostSecret[];
  /** The skill whose script this is; then of the project only what it shares is there. */
  readonly skill?: SkillMount;
  /** Deadline in milliseconds. */
  readonly timeoutMs: number;
  /** What the run may use. */
  readonly limits: ProcessLimits;
}

/** What a script of a skill sees besides the system: its own files at `/skill`, and what was granted of the project. */
export interface SkillMount {
  /** From verified buffers. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array; readonly exec: boolean }[];
  /** Absolute paths of the programs that can be started: the interpreter first, then those that were approved. */
  readonly programs: readonly string[];
  /** Real paths of files and folders that it may read. */
  readonly read: readonly string[];
  /** Real paths of files and folders that it may change on its staged view. */
  readonly write: readonly string[];
}

/** One path that a command changed on its staged view. */
export interface StagedChange {
  /** Real path in the project. */
  readonly path: string;
  /** The same, relative to the project, with `/`. */
  readonly relative: string;
  /** What it is. */
  readonly kind: "create" | "modify" | "delete" | "chmod" | "symlink";
  /** What stands there afterwards (for `delete`: what stood there before). `bundle` is the object store of a git repository. */
  readonly entry: "file" | "directory" | "symlink" | "bundle";
  /** Size afterwards; 0 for a deletion. */
  readonly bytes: number;
  /** `null` where nothing stood, for folders, and for deletions above the hashing budget. */
  readonly digestBefore: Digest | null;
  /** Digest of the new content; `null` where nothing stands afterwards. */
  readonly digestAfter: Digest | null;
  /** Permission bits afterwards, or `null` when deleted. */
  readonly mode: number | null;
  /** Would something run or be obeyed later because of this: hooks, package scripts, CI, editor tasks, instructions. */
  readonly runsLater: boolean;
}

/** Something a command left that can never be kept. */
export interface StagedDrop {
  /** Path relative to the project, with `/`. */
  readonly relative: string;
  /** Why, in a few words. */
  readonly why: string;
}

/** Content before and after; `null` where there is none or it is larger than asked for. */
export interface StagedContent {
  /** Bytes in the project. */
  readonly before: Uint8Array | null;
  /** Bytes on the stage. */
  readonly after: Uint8Array | null;
  /** `true` when one of them was left out for its size. */
  readonly truncated: boolean;
}

/** What was kept, and what was not. */
export interface KeepReport {
  /** Changes that are in the project now. */
  readonly kept: readonly {
    readonly path: string;
    readonly kind: StagedChange["kind"];
    readonly before: Digest | null;
    readonly after: Digest | null;
  }[];
  /** Changes that are not, each with a code. */
  readonly failed: readonly { readonly path: string; readonly code: string; readonly reason: string }[];
}

/** What a command printed and changed. */
export interface ProcessValue {
  /** Exit status of the command, 128 and the signal's number if one ended it; `null` when {@link ended} says why. */
  readonly exit: number | null;
  /** The limit or the cancel that ended the run, with what it had printed; nothing of it can be kept. Else `null`. */
  readonly ended: RunEnd | null;
  /** Head and tail of what it printed on both streams, in order of arrival. */
  readonly output: Uint8Array;
  /** `true` when a cap was met and there is more. */
  readonly truncated: boolean;
  /** What the command changed. */
  readonly changes: readonly StagedChange[];
  /** What it left that can never be kept. */
  readonly dropped: readonly StagedDrop[];
  /** What the caller should know about the sandbox to understand the output, e.g. why nothing could be written. */
  readonly notes: readonly string[];
  /** `null` when the project was mounted read-only or nothing changed. */
  readonly stage: StagedRun | null;
}

/** Every spec of this folder. */
export type SandboxSpec = ReadSpec | WriteSpec | FolderSpec | ProcessSpec;

/**
 * Digests a spec: everything in it that has effect. Byte arrays count by their own digest.
 *
 * @example
 * ```ts
 * specDigest({ op: "list", target: "/home/me/shop", depth: 1, maxEntries: 100 }); // "b2:…"
 * ```
 * @param spec A plain object of JSON values and byte arrays, acyclic.
 * @returns The digest a permit must be minted for.
 * @throws {CoreError} `JSON_INVALID` when a member has no canonical form.
 */
export function specDigest(spec: object): Digest {
  return digestOf({ form: "az/spec/1", spec: plain(spec) });
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: value.length, digest: b2(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const proto: unknown = Object.getPrototypeOf(value);
  // Objects of a class have no canonical form; leave them for it to refuse.
  if (proto !== Object.prototype && proto !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
