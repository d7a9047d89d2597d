import { closeSync, constants, fsync, fsyncSync, open } from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import type { Random } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import { toSandboxError } from "../files/file-error.ts";
import { openFolder } from "../files/folder.ts";
import { applyChange } from "./apply-change.ts";
import { closeFolder, makeNewFolder, removeEmptyFolder } from "./kept-folders.ts";
import type { DecidedChange } from "./bundle-changes.ts";
import type { Collected } from "./collector.ts";
import { keepOrder, type KeepStep } from "./keep-order.ts";
import { isUnchanged, projectStat, type RawChange } from "./raw-change.ts";
import type { KeepReport } from "./staged-change.ts";

/** What is kept, and where it comes from. */
export interface KeepInput {
  readonly project: string;
  /** Upper folder of the stage. */
  readonly up: string;
  readonly collected: Collected;
  /** The changes that were allowed. */
  readonly allowed: readonly DecidedChange[];
  readonly platform: string;
  readonly uid: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const SYNCS_AT_ONCE = 16;
const openAsync = promisify(open);
const fsyncAsync = promisify(fsync);

/**
 * Brings allowed changes into the project, each path atomically: folders first, then files, deletions last.
 *
 * Threat: a project that changed since it was looked at. Every path is compared again and then reached through verified
 * descriptors; what differs is reported as `PATH_CHANGED` and left alone. A repository is kept as a whole or not at all.
 *
 * @param input The changes.
 * @returns What was kept and what was not; one failure does not stop the rest.
 */
export async function keepChanges(input: KeepInput): Promise<KeepReport> {
  const problems = new Map<DecidedChange, SandboxError>();
  for (const decided of input.allowed) {
    const problem = conflict(input, decided);
    if (problem !== null) problems.set(decided, problem);
  }
  const sound = input.allowed.filter((decided) => !problems.has(decided));
  await syncContents(input.up, sound);
  const order = keepOrder(sound, input.collected);
  const touched = new Set<string>();
  async function apply(steps: readonly KeepStep[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (index % 64 === 63) await setImmediate();
      if (problems.has(step.decided)) continue;
      const problem = applyStep(input, step.part);
      if (problem === null) touched.add(dirname(join(input.project, step.part.relative)));
      else problems.set(step.decided, problem);
    }
  }
  await apply(order.inTheWay);
  for (const relative of order.foldersInTheWay) removeEmptyFolder(input, relative);
  for (const folder of order.folders) {
    makeNewFolder(input, folder);
    touched.add(dirname(join(input.project, folder.relative)));
  }
  await apply(order.placed);
  await apply(order.deleted);
  for (const relative of order.goneFolders) removeEmptyFolder(input, relative);
  for (const folder of touched) syncFolder(folder, input.platform);
  for (const folder of order.folders.toReversed()) closeFolder(input, folder);
  await apply(order.folderModes);
  return report(input.allowed, problems);
}

function report(allowed: readonly DecidedChange[], problems: ReadonlyMap<DecidedChange, SandboxError>): KeepReport {
  const kept: KeepReport["kept"][number][] = [];
  const failed: KeepReport["failed"][number][] = [];
  for (const decided of allowed) {
    const { path, kind, digestBefore: before, digestAfter: after } = decided.change;
    const problem = problems.get(decided);
    if (problem === undefined) kept.push({ path, kind, before, after });
    else failed.push({ path, code: problem.code, reason: problem.message });
  }
  return { kept, failed };
}

function conflict(input: KeepInput, decided: DecidedChange): SandboxError | null {
  for (const part of decided.parts) {
    if (!part.stale && isUnchanged(projectStat(input.project, part.relative), part.lower)) continue;
    const action = `Cannot keep ${JSON.stringify(part.relative)}`;
    return new SandboxError("PATH_CHANGED", `${action}: it was changed by somebody else meanwhile`, {
      hint: "run the command again",
    });
  }
  return null;
}

function applyStep(input: KeepInput, part: RawChange): SandboxError | null {
  const action = `Cannot keep ${JSON.stringify(part.relative)}`;
  if (input.signal.aborted) return new SandboxError("CANCELLED", `${action}: the call was cancelled`);
  try {
    applyChange(input, part);
    return null;
  } catch (error) {
    return toSandboxError(error, action);
  }
}

// New files are moved, not copied: their content must be on the disk before their names are.
async function syncContents(up: string, allowed: readonly DecidedChange[]): Promise<void> {
  const paths = allowed.flatMap((decided) => decided.parts)
    .filter((part) => part.kind === "create" && part.entry === "file")
    .map((part) => join(up, part.relative));
  for (let at = 0; at < paths.length; at += SYNCS_AT_ONCE) {
    await Promise.all(paths.slice(at, at + SYNCS_AT_ONCE).map(syncFile));
  }
}

async function syncFile(path: string): Promise<void> {
  let fd: number;
  try {
    fd = await openAsync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    // A mode that keeps us out: it is synced with its folder, or reported when it is placed.
    return;
  }
  try {
    await fsyncAsync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncFolder(path: string, platform: string): void {
  try {
    const folder = openFolder(path, platform);
    try {
      if (folder.fd !== null) fsyncSync(folder.fd);
    } finally {
      folder.close();
    }
  } catch {
    // It is gone, with everything that was in it.
  }
}
