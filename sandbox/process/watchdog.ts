import { readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import type { Timers } from "../../core/mod.ts";
import type { SandboxErrorCode } from "../errors.ts";
import { PROCESS_BOUNDS, type ProcessLimits } from "../limits.ts";

/** Why a run has to end. */
export interface RunEnd {
  /** Stable code. */
  readonly code: Extract<
    SandboxErrorCode,
    "LIMIT_TIME" | "LIMIT_OUTPUT" | "LIMIT_MEMORY" | "LIMIT_PROCESSES" | "LIMIT_DISK" | "CANCELLED"
  >;
  /** What happened, one sentence. */
  readonly reason: string;
  /** What the reader can do about it. */
  readonly hint: string | null;
}

/** What is watched. */
export interface Watch {
  readonly timers: Timers;
  readonly limits: ProcessLimits;
  /** Host process id of the first process inside. */
  readonly pid: number;
  /** Folder whose file system the run writes to, or `null` when it writes nothing. */
  readonly disk: string | null;
  /** Tells how many bytes and files the run itself has written there; asked only when the disk shrank. */
  readonly written: () => Free;
  /** Real user id of the agent. */
  readonly uid: number;
  readonly onEnd: (end: RunEnd) => void;
}

/** A watch under way. */
export interface Watching {
  /** The most memory seen in bytes, or `null` before the first look. */
  readonly peakBytes: number | null;
  stop(): void;
}

const LOOK_MS = 100;
// The kernel does not bound the processes of the real root: a fork bomb doubles quickly.
const ROOT_LOOK_MS = 25;
const DISK_LOOKS_MS = 300;
const PAGE_BYTES = 4096;
// Below this a full disk would take other programs down with it.
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * Watches what kernel limits do not bind: the number of processes when the agent is root, the memory of all of them
 * together, the disk. Looks every 100 ms, more often when the agent is root, at the disk every 300.
 *
 * @param watch What is watched.
 * @returns The watch; the caller stops it.
 */
export function startWatchdog(watch: Watch): Watching {
  const disk: DiskWatch = { before: watch.disk === null ? null : freeOf(watch.disk) };
  let [peak, looks, stopped]: [number | null, number, boolean] = [null, 0, false];
  const lookMs = watch.uid === 0 ? ROOT_LOOK_MS : LOOK_MS;
  const diskLooks = Math.round(DISK_LOOKS_MS / lookMs);
  let cancel = watch.timers.after(lookMs, look);
  function look(): void {
    if (stopped) return;
    const seen = usageOf(watch.pid);
    peak = Math.max(peak ?? 0, seen.bytes);
    const end = endOf(watch, seen) ?? (looks++ % diskLooks === 0 ? diskEnd(watch, disk) : null);
    if (end !== null) watch.onEnd(end);
    else cancel = watch.timers.after(lookMs, look);
  }
  return {
    get peakBytes(): number | null {
      return peak;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

interface Seen {
  readonly processes: number;
  readonly bytes: number;
  readonly pids: readonly number[];
  /** The `/proc` that numbers them. */
  readonly proc: string;
}

function endOf(watch: Watch, seen: Seen): RunEnd | null {
  const { limits } = watch;
  if (seen.processes > limits.processes + 2) {
    const reason = `Cannot go on: ${seen.processes} processes, the limit is ${limits.processes}`;
    return { code: "LIMIT_PROCESSES", reason, hint: `see ${PROCESS_BOUNDS.processes.key} in config.yml` };
  }
  // Resident pages count shared ones once a process; before a run ends for it, they are counted properly.
  if (seen.bytes <= limits.memoryBytes || properBytes(seen) <= limits.memoryBytes) return null;
  const reason = `Cannot go on: its processes use more than ${limits.memoryBytes} bytes of memory`;
  return { code: "LIMIT_MEMORY", reason, hint: `see ${PROCESS_BOUNDS.memoryBytes.key} in config.yml` };
}

/** An amount of disk. */
export interface Free {
  readonly bytes: number;
  readonly files: number;
}

interface DiskWatch {
  before: Free | null;
}

function diskEnd(watch: Watch, disk: DiskWatch): RunEnd | null {
  const { before } = disk;
  if (watch.disk === null || before === null) return null;
  const now = freeOf(watch.disk);
  if (now === null) return null;
  const { limits } = watch;
  const [used, made] = [before.bytes - now.bytes, before.files - now.files];
  const full = now.bytes < RESERVE_BYTES && used > 0;
  if (!full && used <= limits.diskBytes && made <= limits.changes * 2) return null;
  // Others write to this disk, too: what counts is what this run wrote, unless the disk is about to be full.
  const own = watch.written();
  if (!full && own.bytes <= limits.diskBytes && own.files <= limits.changes * 2) {
    disk.before = now;
    return null;
  }
  const reason =
    `Cannot go on: it wrote ${own.bytes} bytes in ${own.files} files, the limit is ${limits.diskBytes} bytes`;
  return { code: "LIMIT_DISK", reason, hint: `see ${PROCESS_BOUNDS.diskBytes.key} in config.yml` };
}

function freeOf(path: string): Free | null {
  try {
    const { bavail, bsize, ffree } = statfsSync(path);
    return { bytes: bavail * bsize, files: ffree };
  } catch {
    return null;
  }
}

function usageOf(pid: number): Seen {
  const { proc, pids } = processesOf(pid);
  let [processes, pages] = [0, 0];
  for (const id of pids) {
    const fields = statFields(`${proc}/${id}/stat`);
    // Threads count, as they do for RLIMIT_NPROC. Fields 20 and 24 of proc(5), counted from the state.
    processes += Number(fields[17] ?? 0);
    pages += Number(fields[21] ?? 0);
  }
  return { processes, bytes: pages * PAGE_BYTES, pids, proc };
}

// The sandbox has its own /proc, which lists just its processes. Where we may not look into it, follow the children.
function processesOf(pid: number): { readonly proc: string; readonly pids: readonly number[] } {
  const inner = `/proc/${pid}/root/proc`;
  try {
    // While the sandbox is still being set up this is the /proc of the host, with everybody's processes.
    if (statSync(inner).dev === statSync("/proc").dev) return { proc: "/proc", pids: descendants(pid) };
    const pids = readdirSync(inner).map(Number).filter((id) => Number.isSafeInteger(id) && id > 0);
    if (pids.length > 0) return { proc: inner, pids };
  } catch {
    // Not ours to look into.
  }
  return { proc: "/proc", pids: descendants(pid) };
}

function descendants(pid: number): readonly number[] {
  const found: number[] = [pid];
  for (let at = 0; at < found.length; at++) {
    const parent = found[at] ?? 0;
    for (const task of namesOf(`/proc/${parent}/task`)) {
      found.push(...childrenOf(`/proc/${parent}/task/${task}/children`));
    }
  }
  return found;
}

function namesOf(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function childrenOf(path: string): readonly number[] {
  try {
    return readFileSync(path, "latin1").trim().split(" ").filter((word) => word !== "").map(Number);
  } catch {
    return [];
  }
}

function statFields(path: string): readonly string[] {
  try {
    const text = readFileSync(path, "latin1");
    // The name of the program may hold spaces and brackets: count from the last one.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function properBytes(seen: Seen): number {
  let kib = 0;
  for (const id of seen.pids) {
    try {
      const [, size] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`${seen.proc}/${id}/smaps_rollup`, "latin1")) ?? [];
      kib += Number(size ?? 0);
    } catch {
      // It ended since.
    }
  }
  return kib * 1024;
}
