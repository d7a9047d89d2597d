import { type BigIntStats, chmodSync, type Dirent, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { b2 } from "../../core/mod.ts";
import { errnoOf } from "../files/file-error.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { FIXED } from "../limits.ts";
import { takeDeletions, takeGone } from "./collect-deletions.ts";
import {
  type Collected,
  type CollectInput,
  type Collector,
  countBytes,
  countEntry,
  createCollector,
  digestBelow,
  digestOwn,
  isCovered,
  joined,
  overLimit,
  pushChange,
  pushGone,
} from "./collector.ts";

/** A folder of the upper layer. */
interface Frame {
  readonly relative: string;
  /** Is it a real folder, through real folders, in the project too? */
  readonly below: boolean;
}

const MAX_DEPTH = FIXED.walkDepth * 4;
const MAX_NAME = 255;

/**
 * Finds every path that differs between the staged view and the project.
 *
 * Contents come from the upper folder and are read without following links. A folder may have been replaced as a whole,
 * which only an extended attribute says that neither runtime can read: so what the merged view lists is compared with
 * what the project lists, and what is missing was deleted.
 *
 * @param input Stage, project and merged view; the command must have ended.
 * @returns The changes, parents before what is in them.
 * @throws {SandboxError} `LIMIT_DISK` above a cap: then nothing can be kept; `CANCELLED`.
 */
export async function collectChanges(input: CollectInput): Promise<Collected> {
  const state = createCollector(input);
  const stack: Frame[] = [{ relative: "", below: true }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    const entries = ownEntries(join(input.stage.up, frame.relative));
    if (frame.relative === "" && entries.length === 0) break;
    if (frame.relative.split("/").length > MAX_DEPTH) throw overLimit(`folders are nested deeper than ${MAX_DEPTH}`);
    for (const entry of entries) {
      await countEntry(state);
      const next = await takeEntry(state, frame, entry);
      if (next !== null) stack.push(next);
    }
    // Threat: a link of the project that the command replaced by a folder. What lies behind it is not the project.
    if (frame.below) await takeDeletions(state, frame.relative);
  }
  return { changes: state.changes, dropped: state.dropped, folders: state.folders, goneFolders: state.goneFolders };
}

// Gives the folder that must be looked into, if it is one.
async function takeEntry(state: Collector, frame: Frame, entry: Dirent): Promise<Frame | null> {
  const relative = joined(frame.relative, entry.name);
  // The path of the stage is the longer one; what fits there fits in the project.
  if (
    Buffer.byteLength(join(state.input.stage.up, relative)) >= FIXED.pathBytes ||
    Buffer.byteLength(entry.name) > MAX_NAME
  ) {
    return drop(state, relative, "its path is too long");
  }
  const up = lstatOrNull(join(state.input.stage.up, relative));
  // A whiteout: the listing of the merged view says what it means.
  if (up !== null && up.isCharacterDevice() && up.rdev === 0n) return null;
  if (isCovered(state, relative)) {
    if (relative === ".agentzero" && up?.isDirectory() !== true) {
      return drop(state, relative, "it belongs to AgentZero");
    }
    return null;
  }
  if (up === null || entry.name.includes("\ufffd") || !entry.name.isWellFormed()) {
    return drop(state, relative, "its name is not valid Unicode");
  }
  const lower = frame.below ? lstatOrNull(join(state.input.project, relative)) : null;
  if (up.isDirectory()) return await takeFolder(state, relative, { up, lower });
  if (!up.isFile() && !up.isSymbolicLink()) return drop(state, relative, "it is a socket, a FIFO or a device");
  // Threat: a program that runs with somebody else's rights.
  if (up.isFile() && (up.mode & 0o6000n) !== 0n) return drop(state, relative, "it has a set-id bit");
  if (lower?.isDirectory() === true) await takeGone(state, [relative]);
  await takeLeaf(state, relative, { up, lower });
  return null;
}

interface Sides {
  readonly up: BigIntStats;
  readonly lower: BigIntStats | null;
}

async function takeFolder(state: Collector, relative: string, { up, lower }: Sides): Promise<Frame | null> {
  const mode = Number(up.mode & 0o777n);
  const facts = { relative, entry: "directory", bytes: 0, digestBefore: null, digestAfter: null, mode } as const;
  if (lower?.isDirectory() === true) {
    if (mode !== Number(lower.mode & 0o777n)) pushChange(state, { ...facts, kind: "chmod" }, lower);
    return { relative, below: true };
  }
  if (lower !== null) await pushGone(state, relative, lower);
  state.folders.push({ relative, mode });
  if (ownEntries(join(state.input.stage.up, relative)).length > 0) return { relative, below: false };
  pushChange(state, { ...facts, kind: "create" }, null);
  return null;
}

async function takeLeaf(state: Collector, relative: string, { up, lower }: Sides): Promise<void> {
  const path = join(state.input.stage.up, relative);
  countBytes(state, up.size);
  // Where a folder stood, its files are listed as deletions of their own.
  const standing = lower?.isDirectory() === true ? null : lower;
  const digestBefore = standing === null ? null : await digestBelow(state, relative, standing);
  if (up.isSymbolicLink()) {
    const text = readlinkSync(path);
    const digestAfter = b2(text);
    if (standing?.isSymbolicLink() === true && digestBefore === digestAfter) return;
    const bytes = Buffer.byteLength(text);
    pushChange(
      state,
      { relative, kind: "symlink", entry: "symlink", bytes, digestBefore, digestAfter, mode: 0o777 },
      lower,
    );
    return;
  }
  const mode = Number(up.mode & 0o777n);
  const digestAfter = await digestOwn(path, up);
  const facts = { relative, entry: "file", bytes: Number(up.size), digestBefore, digestAfter, mode } as const;
  if (standing === null) pushChange(state, { ...facts, kind: "create" }, lower);
  else if (!standing.isFile() || digestBefore !== digestAfter) {
    pushChange(state, { ...facts, kind: "modify" }, standing);
  } else if (Number(standing.mode & 0o777n) !== mode) pushChange(state, { ...facts, kind: "chmod" }, standing);
}

// The command may have closed a folder to everybody, us included; its mode was read before.
function ownEntries(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(errnoOf(error))) throw error;
    chmodSync(path, 0o700);
    return readdirSync(path, { withFileTypes: true });
  }
}

function drop(state: Collector, relative: string, why: string): null {
  state.dropped.push({ relative, why });
  return null;
}
