import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { loadSodium, Permit, type RunIo } from "../core/mod.ts";
import { createBubblewrap, processLimits, type ProcessSpec, type ProcessValue } from "../sandbox/mod.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, type Row } from "./support/row.ts";
import { BENCH_IO, benchDeps } from "./support/sandbox-deps.ts";

const FILES = 1000;
const ROUNDS = 7;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** Measures what a command leaves: keeping many changed files, and an output that nobody could hold. */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return inFolder(async (root) => {
    return [await keeping(root), await flooding(root)];
  });
}

async function keeping(root: string): Promise<Row> {
  const backend = createBubblewrap(benchDeps(root));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const script = `mkdir d; for i in $(seq ${FILES}); do echo "line $i" >d/f$i; done`;
    const value = await run(backend, specOf(join(root, `keep-${round}`), script));
    if (value.stage === null) throw new Error("nothing is staged");
    const paths = value.changes.map(({ path }) => path);
    const begun = performance.now();
    const outcome = await value.stage.keep(new Permit(), paths, BENCH_IO);
    if (!outcome.ok || outcome.value.kept.length < FILES) throw new Error("not everything was kept");
    times.push(performance.now() - begun);
    await backend.idle();
  }
  const ms = median(times);
  return {
    name: `keeping ${FILES} changed files, each synced, p50`,
    ours: ms,
    unit: "ms",
    peer: null,
    goal: "<= 300 ms",
    reached: ms <= 300,
  };
}

async function flooding(root: string): Promise<Row> {
  const backend = createBubblewrap(benchDeps(root));
  const before = process.memoryUsage().rss;
  let peak = before;
  const script = `head -c ${10 * GIB} /dev/zero`;
  const value = await run(backend, specOf(join(root, "flood"), script), {
    ...BENCH_IO,
    onOutput: () => void (peak = Math.max(peak, process.memoryUsage().rss)),
  });
  await backend.idle();
  if (value.ended?.code !== "LIMIT_OUTPUT") throw new Error("the flood was not ended");
  const grown = (peak - before) / MIB;
  return {
    name: "memory while a command prints 10 GB (ended at the drain cap)",
    ours: grown,
    unit: "MB",
    peer: null,
    goal: "<= 64 MB",
    reached: grown <= 64,
  };
}

async function run(
  backend: ReturnType<typeof createBubblewrap>,
  spec: ProcessSpec,
  with_: RunIo = BENCH_IO,
): Promise<ProcessValue> {
  const outcome = await backend.run(new Permit(), spec, with_);
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.reason}`);
  return outcome.value;
}

function specOf(project: string, script: string): ProcessSpec {
  mkdirSync(project);
  return {
    op: "process",
    form: { kind: "script", script },
    cwd: project,
    project,
    stageDir: join(project, ".agentzero/state/stage/exe_1"),
    stage: true,
    hidden: { files: [], dirs: [] },
    readOnlyPaths: [],
    env: {},
    secrets: {},
    gitIdentity: null,
    timeoutMs: 60_000,
    limits: processLimits(),
  };
}
