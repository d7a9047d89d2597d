import { readFileSync } from "node:fs";

/** What this process may at most give to its children. */
export interface HardLimits {
  readonly openFiles: number;
  readonly dataBytes: number;
  readonly fileBytes: number;
  readonly cpuSeconds: number;
  readonly processes: number;
}

let known: HardLimits | null = null;

/**
 * Reads the hard limits of this process once: a child cannot raise them, and asking it to would fail.
 *
 * @returns Each limit, or infinity where there is none.
 */
export function hardLimits(): HardLimits {
  known ??= parseLimits(read());
  return known;
}

function read(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}

/**
 * Parses `/proc/PID/limits`.
 *
 * @param text Its content.
 * @returns The hard limits; what is missing or `unlimited` is infinity.
 */
export function parseLimits(text: string): HardLimits {
  function hard(name: string): number {
    const line = text.split("\n").find((entry) => entry.startsWith(name)) ?? "";
    const [, value] = /^\s*\S+\s+(\S+)/.exec(line.slice(name.length)) ?? [];
    const number = Number(value);
    return value === undefined || !Number.isFinite(number) ? Infinity : number;
  }
  return {
    openFiles: hard("Max open files"),
    dataBytes: hard("Max data size"),
    fileBytes: hard("Max file size"),
    cpuSeconds: hard("Max cpu time"),
    processes: hard("Max processes"),
  };
}
