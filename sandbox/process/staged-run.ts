import type { Digest, Outcome, Permit, RunIo } from "../../core/mod.ts";
import type { KeepReport, StagedChange, StagedContent } from "./staged-change.ts";

/**
 * The changes of one command, outside the project until they are kept.
 *
 * Contract:
 * - nothing reaches the project before `keep` was called with a permit minted for `keepDigest` of the same paths;
 * - `keep` and `discard` end the run; after either, both answer `SPEC_INVALID` or do nothing;
 * - a path that somebody else changed meanwhile is reported as `PATH_CHANGED` and left alone.
 */
export interface StagedRun {
  /** What the command changed. */
  readonly changes: readonly StagedChange[];
  /**
   * Reads both sides of a change.
   *
   * @param path `path` of one of the changes.
   * @param maxBytes A larger side is given as `null`.
   */
  readChange(path: string, maxBytes: number): StagedContent;
  /** What a permit for keeping exactly these paths must be minted for. */
  keepDigest(paths: readonly string[]): Digest;
  /** Applies the named changes crash-safely, folders first, deletions last, then removes the stage. */
  keep(permit: Permit, paths: readonly string[], io: RunIo): Promise<Outcome<KeepReport>>;
  /** Removes the stage; idempotent. */
  discard(): Promise<void>;
}
