import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { isWithin } from "../files/check-path.ts";
import type { ProcessLimits } from "../limits.ts";

const NEEDED = ["memory", "pids"] as const;

/** A control group of one run. */
export interface CgroupLeaf {
  readonly path: string;
  /** Puts a process in; everything it starts stays in. */
  place(pid: number): void;
  /** The most memory it used in bytes, and whether the kernel had to end something for it. */
  usage(): { readonly peakBytes: number | null; readonly outOfMemory: boolean };
  /** Removes the group; it must be empty. */
  remove(): void;
}

/**
 * Finds a folder of cgroup v2 that was delegated to us: at or above our own group, writable, with the controllers for
 * memory and processes handed down.
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
  const [, , , root, point] = line?.split(" ") ?? [];
  if (own === undefined || root === undefined || point === undefined || !isWithin(own, root)) return null;
  const top = point;
  const below = own.slice(root === "/" ? 0 : root.length);
  for (let folder = dirname(join(top, below)); isWithin(folder, top) && folder !== top; folder = dirname(folder)) {
    const controllers = read(join(folder, "cgroup.subtree_control")).trim().split(" ");
    if (
      NEEDED.every((name) => controllers.includes(name)) && isWritable(folder) &&
      isWritable(join(folder, "cgroup.procs"))
    ) return folder;
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
  const path = join(parent, name);
  mkdirSync(path);
  writeFileSync(join(path, "memory.max"), String(limits.memoryBytes));
  writeFileSync(join(path, "memory.oom.group"), "1");
  // Two for the sandbox's own processes.
  writeFileSync(join(path, "pids.max"), String(limits.processes + 2));
  try {
    writeFileSync(join(path, "memory.swap.max"), "0");
  } catch {
    // A kernel without swap accounting has no swap to bound.
  }
  return {
    path,
    place: (pid) => writeFileSync(join(path, "cgroup.procs"), String(pid)),
    usage() {
      const peak = Number(read(join(path, "memory.peak")).trim());
      const [, kills = "0"] = /^oom_kill (\d+)$/m.exec(read(join(path, "memory.events"))) ?? [];
      return { peakBytes: Number.isSafeInteger(peak) && peak > 0 ? peak : null, outOfMemory: Number(kills) > 0 };
    },
    remove() {
      try {
        rmdirSync(path);
      } catch {
        // Something of it is still dying; an empty group costs nothing and is reaped with its parent.
      }
    },
  };
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
