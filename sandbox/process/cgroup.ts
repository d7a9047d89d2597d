import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path/posix";
import { isWithin } from "../files/check-path.ts";
import { errnoOf } from "../files/file-error.ts";
import type { ProcessLimits } from "../limits.ts";

const NEEDED = ["memory", "pids"] as const;
const PREFIX = "agentzero-";
const YOUNG_MS = 60_000;

/** A control group of one run. */
export interface CgroupLeaf {
  readonly path: string;
  /** Must a command wait until it is in? */
  readonly waits: boolean;
  /** Puts a process in; everything it starts afterwards stays in. */
  place(pid: number): Promise<void>;
  /** The most memory it used in bytes, and whether the kernel had to end something for it. */
  usage(): { readonly peakBytes: number | null; readonly outOfMemory: boolean };
  /** Removes the group; `false` while something of it is still dying. */
  remove(): boolean;
}

/** Where groups of runs can be made. */
export interface CgroupParent {
  /** 2: memory and processes. 1: the hierarchy of processes alone, of older systems and only for root. */
  readonly version: 1 | 2;
  /** Absolute path of the folder, which we may write to. */
  readonly path: string;
}

/**
 * Finds a folder in which we may make groups: of cgroup v2 at or above our own group, writable, with the controllers for
 * memory and processes handed down; else our own folder in the hierarchy `pids` of version 1.
 *
 * Threat: a fork bomb of an agent that is the real root, whom RLIMIT_NPROC does not bind.
 *
 * @param self Content of `/proc/self/cgroup`.
 * @param mounts Content of `/proc/self/mountinfo`.
 * @returns The folder, or `null` where there is none; then the watchdog does what it can.
 */
export function findCgroup(
  self: string = read("/proc/self/cgroup"),
  mounts: string = read("/proc/self/mountinfo"),
): CgroupParent | null {
  const unified = folderOf(mounts, { type: "cgroup2", option: "", own: /^0::(\/.*)$/m.exec(self)?.[1] });
  for (let folder = parentOf(unified); folder !== null; folder = parentOf({ ...unified, path: folder })) {
    const controllers = read(join(folder, "cgroup.subtree_control")).trim().split(" ");
    if (NEEDED.every((name) => controllers.includes(name)) && canPlace(folder)) return { version: 2, path: folder };
  }
  const pids = folderOf(mounts, { type: "cgroup", option: "pids", own: /^\d+:pids:(\/.*)$/m.exec(self)?.[1] });
  return pids !== null && canPlace(pids.path) ? { version: 1, path: pids.path } : null;
}

interface Located {
  readonly top: string;
  readonly path: string;
}

// Mount id, parent, device, root, mount point, options, …, "-", type, source, options.
function folderOf(
  mounts: string,
  wanted: { readonly type: string; readonly option: string; readonly own: string | undefined },
): Located | null {
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    if (type !== wanted.type || (wanted.option !== "" && !options.split(",").includes(wanted.option))) continue;
    const [, , , root, top] = before.split(" ");
    if (wanted.own === undefined || root === undefined || top === undefined || !isWithin(wanted.own, root)) return null;
    return { top, path: join(top, wanted.own.slice(root === "/" ? 0 : root.length)) };
  }
  return null;
}

function parentOf(at: Located | null | { readonly top?: string; readonly path: string }): string | null {
  if (at === null || at.top === undefined) return null;
  const parent = dirname(at.path);
  return parent !== at.top && isWithin(parent, at.top) ? parent : null;
}

/**
 * Makes the group of one run with its limits.
 *
 * @param parent What {@link findCgroup} found.
 * @param name A name that nothing else has.
 * @param limits Memory and processes of the run.
 * @returns The group.
 */
export function makeCgroup(
  parent: CgroupParent,
  name: string,
  limits: Pick<ProcessLimits, "memoryBytes" | "processes">,
): CgroupLeaf {
  const path = join(parent.path, `${PREFIX}${name}`);
  mkdirSync(path);
  // Two for the sandbox's own processes.
  writeFileSync(join(path, "pids.max"), String(limits.processes + 2));
  if (parent.version === 2) boundMemory(path, limits.memoryBytes);
  return {
    path,
    // Moving a process takes the kernel some milliseconds, during which the sandbox is set up. Version 1 is no more
    // than a help for the watchdog, so there nothing waits for it.
    waits: parent.version === 2,
    place: (pid) => writeFile(join(path, "cgroup.procs"), String(pid)),
    usage() {
      const peak = Number(read(join(path, "memory.peak")).trim());
      const [, kills = "0"] = /^oom_kill (\d+)$/m.exec(read(join(path, "memory.events"))) ?? [];
      return { peakBytes: Number.isSafeInteger(peak) && peak > 0 ? peak : null, outOfMemory: Number(kills) > 0 };
    },
    remove: () => removed(path),
  };
}

/**
 * Removes empty groups that runs which were killed left behind.
 *
 * @param parent What {@link findCgroup} found.
 * @param now Wall time in milliseconds.
 */
export function removeStaleCgroups(parent: CgroupParent, now: number): void {
  for (const name of namesOf(parent.path)) {
    const path = join(parent.path, name);
    // A young one may be about to get its first process.
    if (name.startsWith(PREFIX) && now - modifiedMs(path) > YOUNG_MS) removed(path);
  }
}

function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return errnoOf(error) !== "EBUSY";
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function boundMemory(path: string, bytes: number): void {
  writeFileSync(join(path, "memory.max"), String(bytes));
  writeFileSync(join(path, "memory.oom.group"), "1");
  try {
    writeFileSync(join(path, "memory.swap.max"), "0");
  } catch {
    // A kernel without swap accounting has no swap to bound.
  }
}

function canPlace(folder: string): boolean {
  return isWritable(folder) && isWritable(join(folder, "cgroup.procs"));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
