// Lets a model that is fully owned try its worst, very often: `npm run adversary` plays 10,000 seeded traces, those that aim
// at one rule each, and all short ones of a small alphabet; `-- --traces 100000`, `-- --seed 7`, `-- --no-exhaustive`,
// `-- --workers 4` choose. Ctrl+C ends it with what is known so far. Ends with 1 when anything was found.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { planChunks } from "./plan-chunks.ts";
import type { Chunk, ChunkReport } from "./chunk.ts";

const { values } = parseArgs({
  options: {
    traces: { type: "string", default: "10000" },
    seed: { type: "string" },
    exhaustive: { type: "boolean", default: true },
    workers: { type: "string", default: String(availableParallelism()) },
  },
  allowNegative: true,
});
const [traces, workers] = [Number(values.traces), Number(values.workers)];
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
if (![traces, seed].every((value) => Number.isSafeInteger(value) && value >= 0) || !(workers >= 1)) {
  throw new RangeError("expected --traces N, --seed N and --workers N");
}

const chunks = planChunks({ traces, seed, exhaustive: values.exhaustive });
const all = { seeded: 0, pointed: 0, swept: 0, real: 0, unsafe: 0, asks: 0 };
const planned = chunks.reduce((sum, chunk) => sum + chunk.traces, 0);
// All worlds are below it, so that nothing stays of them, however this ends.
const base = mkdtempSync(join(tmpdir(), "az-adversary-"));
const started = performance.now();
const stop = new AbortController();
let [shown, broken] = [0, false];
process.on("SIGINT", () => stop.abort());
process.on("SIGTERM", () => stop.abort());
process.stdout.write(`seed ${seed}: ${planned} traces on ${workers} workers\n`);
await Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
rmSync(base, { recursive: true, force: true });
const played = all.seeded + all.pointed + all.swept;
process.stdout.write(
  `unsafe ${all.unsafe} of ${played} (${all.seeded} seeded, of them ${all.real} in real tiers; ${all.pointed} aimed at one ` +
    `rule; ${all.swept} of all short ones), ${
      (all.asks / Math.max(1, played)).toFixed(2)
    } asks each, ${rate()} (seed ${seed})` +
    `${played < planned ? `; stopped before ${planned - played} more` : ""}\n`,
);
process.exitCode = all.unsafe === 0 && !broken ? 0 : 1;

/** One process that plays chunks until there are none. The first one works on the disk, and with real tiers. */
async function work(index: number): Promise<void> {
  const { program, args, env } = workerLine(index === 0);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  stop.signal.addEventListener("abort", () => void child.kill("SIGKILL"));
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (let chunk = take(index); chunk !== undefined && !stop.signal.aborted; chunk = take(index)) {
    child.stdin.write(`${JSON.stringify(chunk)}\n`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const line = await lines.next();
    if (line.done === true) {
      broken ||= !stop.signal.aborted;
      if (!stop.signal.aborted) process.stdout.write(`a worker ended in the middle of ${JSON.stringify(chunk)}\n`);
      break;
    }
    count(chunk, JSON.parse(line.value));
  }
  child.stdin.end();
  await ended;
}

function take(index: number): Chunk | undefined {
  const at = chunks.findIndex((chunk) => index === 0 || !isReal(chunk));
  return at < 0 ? undefined : chunks.splice(at, 1)[0];
}

function isReal(chunk: Chunk): boolean {
  return chunk.kind === "seeded" && chunk.tiers === "real";
}

function count(chunk: Chunk, report: ChunkReport): void {
  all[chunk.kind] += report.played;
  if (isReal(chunk)) all.real += report.played;
  all.unsafe += report.unsafe;
  all.asks += report.asks;
  for (const finding of report.findings) process.stdout.write(`FINDING in ${JSON.stringify(chunk)}\n  ${finding}\n`);
  const now = performance.now();
  if (now - shown < 10_000) return;
  shown = now;
  process.stdout.write(`${all.seeded + all.pointed + all.swept} of ${planned}, unsafe ${all.unsafe}, ${rate()}\n`);
}

function rate(): string {
  const seconds = (performance.now() - started) / 1_000;
  return `${((all.seeded + all.pointed + all.swept) / seconds).toFixed(1)} a second`;
}

// Most of the time goes into very many small files: in memory they cost half.
function workerLine(onDisk: boolean): { program: string; args: string[]; env: NodeJS.ProcessEnv } {
  const script = fileURLToPath(new URL("worker.ts", import.meta.url));
  const bwrap = "/usr/bin/bwrap";
  const env = { ...process.env, TMPDIR: base };
  if (onDisk || !existsSync(bwrap)) return { program: process.execPath, args: [script], env };
  const view = ["--dev-bind", "/", "/", "--tmpfs", base, "--die-with-parent"];
  return { program: bwrap, args: [...view, process.execPath, script], env };
}
