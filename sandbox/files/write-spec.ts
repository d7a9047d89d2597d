import type { Digest } from "../../core/mod.ts";
import type { FileStamp } from "./stamp.ts";

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
