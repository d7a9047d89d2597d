import { readdirSync, readFileSync } from "node:fs";

/** What this process holds. */
export interface Footprint {
  /** Bytes of resident memory. */
  readonly rss: number;
  /** Bytes of the heap and of buffers outside of it. */
  readonly heap: number;
  /** Open descriptors; 0 where the system does not tell. */
  readonly descriptors: number;
  /** Child processes; 0 where the system does not tell. */
  readonly processes: number;
  /** Threads of workers. */
  readonly threads: number;
}

/**
 * Looks at this process when what was just let go has had time to go.
 *
 * @returns What it holds; exact for memory with `--expose-gc` alone.
 */
export async function footprint(): Promise<Footprint> {
  let before = -1;
  for (let left = 40; left > 0; left--) {
    collect();
    // oxlint-disable-next-line no-await-in-loop -- processes and workers end on their own
    await new Promise((resolve) => setTimeout(resolve, 50));
    const held = children() + workers() + descriptors();
    if (held === before && children() === 0) break;
    before = held;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external, descriptors: descriptors(), processes: children(), threads: workers() };
}

/**
 * The slope of a line through points, by least squares.
 *
 * @param points At least two, `[x, y]`.
 * @returns How much y grows when x grows by one; 0 for fewer points.
 */
export function growth(points: readonly (readonly [number, number])[]): number {
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

function collect(): void {
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
}

function workers(): number {
  return process.getActiveResourcesInfo?.().filter((name) => name === "Worker" || name === "MessagePort").length ?? 0;
}

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

function children(): number {
  if (process.platform !== "linux") return 0;
  let count = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      if (Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) === process.pid) count++;
    } catch {
      // It ended in between.
    }
  }
  return count;
}
