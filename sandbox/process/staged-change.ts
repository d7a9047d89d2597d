import type { Digest } from "../../core/mod.ts";

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
