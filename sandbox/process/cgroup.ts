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
  /** Puts a process in; everything it starts afterwards stays in. */
  place(pid: number): Promise<void>;
  /** The most memory it used in bytes, and whether the kernel had to end something for it. */
  usage(): { readonly peakBytes: number | null; readonly outOfMemory: boolean };
  /** Removes the group; `false` while something of it is still dying. */
  remove(): boolean;
}

/**
 * Finds a folder of cgroup v2 in which we may make groups: above our own group, writable, with the controllers for
 * memory and processes handed down. Version 1 is left alone: to move a process there stalls the whole machine for
 * longer than the watchdog needs.
 *
 * @param self Content of `/proc/self/cgroup`.
 * @param mounts Content of `/proc/self/mountinfo`.
 * @returns The folder, or `null` where there is none; then the watchdog does what it can.
 */
export function findCgroup(
  self: string = read("/proc/self/cgroup"),
  mounts: string = read("/proc/self/mountinfo"),
): string | null {
  const [, own] = /^0::(\/.*)$/m.exec(self) ?? [];
  // Mount id, parent, device, root, mount point, …, "-", type.
  const line = mounts.split("\n").find((entry) => entry.includes(" - cgroup2 "));
  const [, , , root, top] = line?.split(" ") ?? [];
  if (own === undefined || root === undefined || top === undefined || !isWithin(own, root)) return null;
  const below = own.slice(root === "/" ? 0 : root.length);
  for (let folder = dirname(join(top, below)); isWithin(folder, top) && folder !== top; folder = dirname(folder)) {
    const controllers = read(join(folder, "cgroup.subtree_control")).trim().split(" ");
    if (NEEDED.every((name) => controllers.includes(name)) && canPlace(folder)) return folder;
  }
  return null;
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
  parent: string,
  name: string,
  limits: Pick<ProcessLimits, "memoryBytes" | "processes">,
): CgroupLeaf {
  const path = join(parent, `${PREFIX}${name}`);
  mkdirSync(path);
  // Two for the sandbox's own processes.
  writeFileSync(join(path, "pids.max"), String(limits.processes + 2));
  boundMemory(path, limits.memoryBytes);
  return {
    path,
    // Moving a process takes the kernel some milliseconds: meanwhile the sandbox is set up.
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
export function removeStaleCgroups(parent: string, now: number): void {
  for (const name of namesOf(parent)) {
    const path = join(parent, name);
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
