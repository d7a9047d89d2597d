import { SandboxError } from "./errors.ts";

/** What one process run may use. */
export interface ProcessLimits {
  /** Output kept, in bytes. */
  readonly outputBytes: number;
  /** Output drained before the run is ended, in bytes. */
  readonly drainBytes: number;
  /** Heap and mappings of one process, in bytes. */
  readonly dataBytes: number;
  /** Memory of all processes together, in bytes. */
  readonly memoryBytes: number;
  /** Processes and threads at once. */
  readonly processes: number;
  /** Open files of one process. */
  readonly openFiles: number;
  /** Size of one file, in bytes. */
  readonly fileBytes: number;
  /** Size of `/tmp` inside, in bytes. */
  readonly tmpBytes: number;
  /** What a run may write to the staged view, in bytes. */
  readonly diskBytes: number;
  /** Entries that a run may change. */
  readonly changes: number;
}

/** A default and the most that the user's own configuration may set. */
export interface Bound {
  /** Used when nothing is configured. */
  readonly default: number;
  /** The least that can be asked for; 1 where nothing stands. */
  readonly min?: 0;
  /** The most that can be configured. */
  readonly max: number;
  /** Key in `config.yml`. */
  readonly key: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Bounds of {@link ProcessLimits}. */
export const PROCESS_BOUNDS: Readonly<Record<keyof ProcessLimits, Bound>> = {
  outputBytes: { default: MIB, max: 16 * MIB, key: "limits.output" },
  drainBytes: { default: 64 * MIB, max: 64 * MIB, key: "limits.drain" },
  dataBytes: { default: 2 * GIB, max: 16 * GIB, key: "limits.data" },
  memoryBytes: { default: 4 * GIB, max: 32 * GIB, key: "limits.memory" },
  processes: { default: 256, max: 4096, key: "limits.processes" },
  openFiles: { default: 1024, max: 65_536, key: "limits.open_files" },
  fileBytes: { default: GIB, max: 16 * GIB, key: "limits.file_size" },
  tmpBytes: { default: 256 * MIB, max: 4 * GIB, key: "limits.tmp" },
  diskBytes: { default: 4 * GIB, max: 4 * GIB, key: "limits.disk" },
  changes: { default: 200_000, max: 2_000_000, key: "limits.changes" },
};

/** Bounds of what does not belong to one process run. */
export const SANDBOX_BOUNDS: Readonly<
  Record<"timeoutMs" | "running" | "readBytes" | "writeBytes" | "listEntries" | "searchHits" | "walkEntries", Bound>
> = {
  timeoutMs: { default: 120_000, max: 3_600_000, key: "limits.timeout" },
  running: { default: 4, max: 16, key: "limits.running" },
  readBytes: { default: 2 * MIB, max: 16 * MIB, key: "limits.read" },
  writeBytes: { default: 16 * MIB, max: 64 * MIB, key: "limits.write" },
  listEntries: { default: 2000, max: 20_000, key: "limits.list" },
  searchHits: { default: 200, max: 2000, key: "limits.search" },
  walkEntries: { default: 200_000, max: 2_000_000, key: "limits.walk" },
};

/** Bounds that nothing can move. */
export const FIXED: {
  readonly graceMs: number;
  readonly waiting: number;
  readonly walkDepth: number;
  readonly walkMs: number;
  readonly pathBytes: number;
  readonly patternBytes: number;
  readonly lineBytes: number;
  readonly searchFileBytes: number;
  readonly masks: number;
  readonly scriptBytes: number;
  readonly argvBytes: number;
  readonly stdinBytes: number;
} = {
  graceMs: 500,
  waiting: 64,
  walkDepth: 64,
  walkMs: 10_000,
  pathBytes: 4096,
  patternBytes: KIB,
  lineBytes: 4 * KIB,
  searchFileBytes: 16 * MIB,
  masks: 300,
  scriptBytes: 64 * KIB,
  argvBytes: 128 * KIB,
  stdinBytes: 8 * MIB,
};

/** The defaults of {@link PROCESS_BOUNDS}. */
export const DEFAULT_PROCESS_LIMITS: ProcessLimits = {
  outputBytes: PROCESS_BOUNDS.outputBytes.default,
  drainBytes: PROCESS_BOUNDS.drainBytes.default,
  dataBytes: PROCESS_BOUNDS.dataBytes.default,
  memoryBytes: PROCESS_BOUNDS.memoryBytes.default,
  processes: PROCESS_BOUNDS.processes.default,
  openFiles: PROCESS_BOUNDS.openFiles.default,
  fileBytes: PROCESS_BOUNDS.fileBytes.default,
  tmpBytes: PROCESS_BOUNDS.tmpBytes.default,
  diskBytes: PROCESS_BOUNDS.diskBytes.default,
  changes: PROCESS_BOUNDS.changes.default,
};

/**
 * Checks one number against its bound.
 *
 * @param bound The bound.
 * @param value What was asked for.
 * @returns The value.
 * @throws {SandboxError} `LIMIT_INVALID` unless it is an integer from 1 to the maximum.
 */
export function checkLimit(bound: Bound, value: number): number {
  const { min = 1 } = bound;
  if (!Number.isSafeInteger(value) || value < min || value > bound.max) {
    throw new SandboxError("LIMIT_INVALID", `Cannot set ${bound.key}: received ${value}`, {
      hint: `expected an integer from ${min} to ${bound.max}`,
    });
  }
  return value;
}

/**
 * Fills in the defaults of what one run may use.
 *
 * @param asked Limits that differ from the defaults.
 * @returns A full, checked set.
 * @throws {SandboxError} `LIMIT_INVALID` for a value outside its bounds.
 */
export function processLimits(asked: Partial<ProcessLimits> = {}): ProcessLimits {
  const limits: ProcessLimits = { ...DEFAULT_PROCESS_LIMITS, ...asked };
  for (const [name, value] of Object.entries(limits)) {
    const bound = new Map<string, Bound>(Object.entries(PROCESS_BOUNDS)).get(name);
    if (bound === undefined) throw new SandboxError("LIMIT_INVALID", `Cannot set limit: "${name}" is not known`);
    checkLimit(bound, value);
  }
  return limits;
}
