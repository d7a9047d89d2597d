// Runs one target until its time is up. What is read at the moment stands in shared memory, so that the driver has it
// even when this thread never comes back.
import { parentPort, workerData } from "node:worker_threads";
import { chance, MAX_INPUT_BYTES, mutate } from "./mutate.ts";
import { openTarget } from "./targets-list.ts";

/** What the driver hands over. */
export interface FuzzJob {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  /** Two words: number of inputs begun, length of the input that is read; then the input. */
  readonly shared: SharedArrayBuffer;
}

/** What comes back at the end, or at the first finding. */
export interface FuzzReport {
  readonly inputs: number;
  /** Outcomes and how often. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The slowest input in milliseconds. */
  readonly slowestMs: number;
  /** What went wrong, or `null`. */
  readonly failure: string | null;
}

const MAX_POOL = 400;
// Of the processor, not of the clock: on a loaded machine a thread may stand still for a while. Of this thread alone:
// others read inputs of their own. Twice, since the runtime's own work counts too.
const SLOW_MS = 3_000;

function since(used: NodeJS.CpuUsage): number {
  return process.threadCpuUsage(used).user / 1_000;
}

async function run({ name, seed, seconds, shared }: FuzzJob): Promise<FuzzReport> {
  const words = new Int32Array(shared, 0, 2);
  const current = new Uint8Array(shared, 8);
  const target = await openTarget(name);
  const below = chance(seed);
  const pool = [...target.samples];
  const outcomes: Record<string, number> = {};
  let [inputs, slowestMs] = [0, 0];
  const end = performance.now() + seconds * 1_000;
  try {
    while (performance.now() < end) {
      const input = inputs < target.samples.length
        ? target.samples[inputs] ?? new Uint8Array()
        : mutate(below, { pool, words: target.words });
      current.set(input.subarray(0, MAX_INPUT_BYTES));
      Atomics.store(words, 1, Math.min(input.length, MAX_INPUT_BYTES));
      Atomics.store(words, 0, ++inputs);
      const started = performance.now();
      const used = process.threadCpuUsage();
      let outcome = await target.check(input);
      const took = performance.now() - started;
      if (since(used) > SLOW_MS) {
        const again = process.threadCpuUsage();
        outcome = await target.check(input);
        if (since(again) > SLOW_MS) throw new Error(`slow: ${took.toFixed(0)} ms for ${input.length} bytes`);
      }
      slowestMs = Math.max(slowestMs, took);
      if (outcomes[outcome] === undefined && pool.length < MAX_POOL) pool.push(input);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return { inputs, outcomes, slowestMs, failure: null };
  } catch (cause) {
    const failure = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    return { inputs, outcomes, slowestMs, failure };
  } finally {
    target.close?.();
  }
}

if (parentPort !== null) parentPort.postMessage(await run(workerData as FuzzJob));
