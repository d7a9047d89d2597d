import { type BigIntStats, chmodSync, closeSync, constants, openSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { join } from "node:path";
import { b2, type Digest } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import { isWithin } from "../files/check-path.ts";
import { errnoOf } from "../files/file-error.ts";
import { digestSlowly } from "../files/read-bytes.ts";
import type { ProcessLimits } from "../limits.ts";
import { lowerState, type RawChange } from "./raw-change.ts";
import type { Stage } from "./stage.ts";
import type { StagedDrop } from "./staged-change.ts";

/** What is collected from. */
export interface CollectInput {
  readonly stage: Stage;
  /** Real path of the project. */
  readonly project: string;
  /** The merged view, as it can be read from outside while the supervisor lives. */
  readonly merged: string;
  /** Real paths that were covered; nothing below them can be a change. */
  readonly covered: readonly string[];
  readonly limits: ProcessLimits;
  readonly signal: AbortSignal;
}

/** All that a command changed. */
export interface Collected {
  readonly changes: readonly RawChange[];
  readonly dropped: readonly StagedDrop[];
  /** New folders with their modes, parents first. */
  readonly folders: readonly { readonly relative: string; readonly mode: number }[];
  /** Folders that are gone, parents first. */
  readonly goneFolders: readonly string[];
}

/** A collection under way. */
export interface Collector {
  readonly input: CollectInput;
  readonly changes: RawChange[];
  readonly dropped: StagedDrop[];
  readonly folders: { readonly relative: string; readonly mode: number }[];
  readonly goneFolders: string[];
  entries: number;
  bytes: number;
  /** Bytes that may still be hashed of files that are gone. */
  goneBudget: number;
}

const GONE_BUDGET = 64 * 1024 * 1024;

/** Starts a collection. */
export function createCollector(input: CollectInput): Collector {
  return {
    input,
    changes: [],
    dropped: [],
    folders: [],
    goneFolders: [],
    entries: 0,
    bytes: 0,
    goneBudget: GONE_BUDGET,
  };
}

/**
 * Counts one entry, yields to other work now and then.
 *
 * @throws {SandboxError} `LIMIT_DISK` above the cap, `CANCELLED`.
 */
export async function countEntry(state: Collector): Promise<void> {
  if (++state.entries > state.input.limits.changes) {
    throw overLimit(`there are more than ${state.input.limits.changes}`);
  }
  if (state.entries % 64 !== 0) return;
  await setImmediate();
  if (state.input.signal.aborted) throw new SandboxError("CANCELLED", "Cannot collect changes: the call was cancelled");
}

/** Counts the content of one file. Throws `LIMIT_DISK` above the cap. */
export function countBytes(state: Collector, size: bigint): void {
  state.bytes += Number(size);
  if (state.bytes > state.input.limits.diskBytes) {
    throw overLimit(`they take more than ${state.input.limits.diskBytes} bytes`);
  }
}

/** Adds a change with the state of what stood there. */
export function pushChange(
  state: Collector,
  change: Omit<RawChange, "lower" | "stale">,
  lower: BigIntStats | null,
): void {
  const stale = lower !== null && !lower.isDirectory() && isNewer(state.input.stage, lower);
  state.changes.push({ ...change, lower: lower === null ? null : lowerState(lower), stale });
}

/** Adds the deletion of a path of the project. */
export async function pushGone(state: Collector, relative: string, stat: BigIntStats): Promise<void> {
  const entry = stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "symlink" : "file";
  const affordable = Number(stat.size) <= state.goneBudget;
  if (affordable && stat.isFile()) state.goneBudget -= Number(stat.size);
  const digestBefore = affordable ? await digestBelow(state, relative, stat) : null;
  pushChange(state, { relative, kind: "delete", entry, bytes: 0, digestBefore, digestAfter: null, mode: null }, stat);
}

/**
 * Tells whether a path of the project changed after the stage was set up.
 *
 * @param stage Its stamp is of the same file system.
 * @param stat The path.
 * @returns `true` also when only the modification time says so: one runtime cuts change times to seconds.
 */
export function isNewer(stage: Stage, stat: BigIntStats): boolean {
  const { ctimeNs, mtimeNs } = stage.stamp;
  return stat.ctimeNs > ctimeNs || (stat.mtimeNs > mtimeNs && stat.ctimeNs >= ctimeNs);
}

/** Digests what stands in the project at a path, or gives `null` for folders and what cannot be read. */
export async function digestBelow(state: Collector, relative: string, stat: BigIntStats): Promise<Digest | null> {
  const path = join(state.input.project, relative);
  try {
    if (stat.isSymbolicLink()) return b2(readlinkSync(path));
    return stat.isFile() ? await digestAt(path) : null;
  } catch (error) {
    // What cannot be read cannot be compared: it counts as changed.
    if (["EACCES", "EPERM", "ENOENT", "ELOOP"].includes(errnoOf(error))) return null;
    throw error;
  }
}

/** Digests a file of the stage; its mode may keep even us out. */
export async function digestOwn(path: string, stat: BigIntStats): Promise<Digest> {
  const locked = (stat.mode & 0o400n) === 0n;
  if (locked) chmodSync(path, 0o600);
  try {
    return await digestAt(path);
  } finally {
    if (locked) chmodSync(path, Number(stat.mode & 0o777n));
  }
}

/** Tells whether a path can hold no change of the command: `.agentzero`, and what was covered. */
export function isCovered(state: Collector, relative: string): boolean {
  const { project, covered } = state.input;
  const path = join(project, relative);
  return isWithin(path, join(project, ".agentzero")) || covered.some((other) => isWithin(path, other));
}

/** Joins a relative folder and a name. */
export function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** The failure of a run that changed too much: nothing of it is kept. */
export function overLimit(seen: string): SandboxError {
  return new SandboxError("LIMIT_DISK", `Cannot keep the changes of the command: ${seen}`, {
    hint: "let the command change less, e.g. in a smaller folder; nothing was kept",
  });
}

async function digestAt(path: string): Promise<Digest> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await digestSlowly(fd);
  } finally {
    closeSync(fd);
  }
}
