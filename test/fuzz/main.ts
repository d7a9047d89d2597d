// Feeds every reader of foreign bytes with what nobody wrote for it: `npm run fuzz`, `npm run fuzz -- --seconds 600
// --jobs 4`, `npm run fuzz -- --seed 7 policy shell`. Each finding is written to test/fixtures/fuzz/TARGET/, where the tests read
// it again from then on.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { MAX_INPUT_BYTES } from "./mutate.ts";
import { FINDINGS, TARGET_NAMES } from "./targets-list.ts";
import type { FuzzJob, FuzzReport } from "./worker.ts";

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    jobs: { type: "string", default: "1" },
    seed: { type: "string" },
    outcomes: { type: "boolean" },
  },
  allowPositionals: true,
});
// Of the clock, and this may be the last in the queue of a loaded machine; what is merely slow the thread notices itself.
const HANG_MS = 120_000;
const seconds = Number(values.seconds);
const jobs = Number(values.jobs);
const seed = Number(values.seed ?? Date.now() % 1_000_000_007);
if (!(seconds > 0) || !Number.isInteger(seed) || !(jobs >= 1)) {
  throw new RangeError("expected --seconds N, --seed N and --jobs N");
}
const names = positionals.length === 0 ? TARGET_NAMES : TARGET_NAMES.filter((name) => positionals.includes(name));
if (names.length === 0) throw new RangeError(`unknown target; known: ${TARGET_NAMES.join(", ")}`);

let findings = 0;
process.stdout.write(`seed ${seed}, ${seconds} s each, ${jobs} at once: ${names.join(", ")}\n`);
const queue = [...names];
await Promise.all(Array.from({ length: jobs }, async () => {
  // oxlint-disable-next-line no-await-in-loop -- one after the other in each of the jobs
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) await runTarget(name);
}));
process.stdout.write(findings === 0 ? "no finding\n" : `${findings} findings\n`);
process.exitCode = findings === 0 ? 0 : 1;

async function runTarget(name: string): Promise<void> {
  const { report, input } = await fuzz({ name, seed, seconds, shared: new SharedArrayBuffer(8 + MAX_INPUT_BYTES) });
  const kinds = Object.keys(report.outcomes).length;
  const figures = `${report.inputs} inputs, ${kinds} outcomes, slowest ${report.slowestMs.toFixed(0)} ms`;
  process.stdout.write(`${report.failure === null ? "ok     " : "FINDING"} ${name}: ${figures}\n`);
  if (values.outcomes === true) process.stdout.write(`${JSON.stringify(report.outcomes, null, 2)}\n`);
  if (report.failure === null) return;
  findings++;
  process.stdout.write(`${report.failure}\n  input: ${keep(name, input)}\n`);
}

/** One target in a thread of its own, with an eye on inputs that never end. */
async function fuzz(job: FuzzJob): Promise<{ readonly report: FuzzReport; readonly input: Uint8Array }> {
  const words = new Int32Array(job.shared, 0, 2);
  const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: job });
  let [seen, since] = [0, performance.now()];
  const report = await new Promise<FuzzReport>((resolve) => {
    const watch = setInterval(() => {
      const begun = Atomics.load(words, 0);
      if (begun !== seen || begun === 0) [seen, since] = [begun, performance.now()];
      else if (performance.now() - since > HANG_MS) finish(failed(begun, `no answer after ${HANG_MS} ms`));
    }, 1_000);
    function finish(found: FuzzReport): void {
      clearInterval(watch);
      resolve(found);
    }
    worker.on("message", finish);
    worker.on("error", (cause) => finish(failed(Atomics.load(words, 0), cause.stack ?? String(cause))));
    worker.on("exit", (code) => finish(failed(Atomics.load(words, 0), `the thread ended with ${code}`)));
  });
  await worker.terminate();
  const input = new Uint8Array(job.shared, 8, Atomics.load(words, 1)).slice();
  return { report, input };
}

function failed(inputs: number, failure: string): FuzzReport {
  return { inputs, outcomes: {}, slowestMs: 0, failure };
}

function keep(name: string, input: Uint8Array): string {
  const folder = new URL(`${name}/`, FINDINGS);
  mkdirSync(folder, { recursive: true });
  const file = createHash("sha256").update(input).digest("hex").slice(0, 12);
  writeFileSync(new URL(file, folder), input);
  return `test/fixtures/fuzz/${name}/${file}`;
}
