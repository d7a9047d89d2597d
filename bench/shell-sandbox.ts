import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSodium, Permit } from "../core/mod.ts";
import { createBubblewrap, findMasked, processLimits, type ProcessSpec } from "../sandbox/mod.ts";
import { type PeerSandbox, startPeerSandbox } from "./peers/sandbox-runtime.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, quantile, type Row } from "./support/row.ts";
import { BENCH_IO, benchDeps } from "./support/sandbox-deps.ts";

const ROUNDS = 60;
const ARGV = ["/usr/bin/true"] as const;
const FILES = 200;

/** Measures one command in the sandbox against a plain spawn of the same program, in turns. */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return inFolder(measureIn);
}

async function measureIn(root: string): Promise<readonly Row[]> {
  const project = join(root, "project");
  for (let i = 0; i < FILES; i++) {
    mkdirSync(join(project, `src/d${i % 20}`), { recursive: true });
    writeFileSync(join(project, `src/d${i % 20}/f${i}.ts`), "export {};\n");
  }
  // A session is one or the other: whether views can be staged does not change while it lasts.
  const backends = { staged: createBubblewrap(benchDeps(root)), bare: createBubblewrap(benchDeps(root)) };
  let count = 0;
  async function run(stage: boolean): Promise<number> {
    const backend = stage ? backends.staged : backends.bare;
    const begun = performance.now();
    const masked = findMasked(project, deny);
    const outcome = await backend.run(
      new Permit(),
      specOf(project, { stage, name: `exe_${++count}`, hidden: masked }),
      BENCH_IO,
    );
    if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.reason}`);
    const ms = performance.now() - begun;
    await backend.idle();
    return ms;
  }
  const plain: number[] = [];
  const bare: number[] = [];
  const staged: number[] = [];
  const peer: number[] = [];
  const sandbox = await startPeerSandbox(ARGV[0], project);
  const turns: [number[], () => Promise<number>][] = [
    [plain, spawnPlain],
    [bare, () => run(false)],
    [staged, () => run(true)],
  ];
  if (sandbox.problem === null) turns.push([peer, sandbox.run]);
  for (let round = 0; round < ROUNDS + 3; round++) {
    // The first ones warm caches and run the canary.
    const kept = round >= 3;
    for (const [times, one] of turns) {
      const ms = await one();
      if (kept) times.push(ms);
    }
  }
  if (sandbox.problem === null) await sandbox.stop();
  const over = median(staged) - median(plain);
  return [
    row("shell in bubblewrap, staged: over a plain spawn, p50", over, {
      goal: "<= 16 ms",
      reached: over <= 16,
      peer: median(plain),
    }),
    row("shell in bubblewrap, not staged: over a plain spawn, p50", median(bare) - median(plain), {
      goal: "<= 10 ms",
      reached: median(bare) - median(plain) <= 10,
      peer: median(plain),
    }),
    row("shell in bubblewrap, staged: over a plain spawn, p95", quantile(staged, 0.95) - median(plain), {
      goal: "<= 30 ms",
      reached: quantile(staged, 0.95) - median(plain) <= 30,
      peer: median(plain),
    }),
    row("staging alone, p50", median(staged) - median(bare), {
      goal: "<= 7 ms",
      reached: median(staged) - median(bare) <= 7,
      peer: null,
    }),
    besides(sandbox, over, peer.length === 0 ? null : median(peer) - median(plain)),
  ];
}

/** Ours stages, the peer does not. Where the peer cannot start, the row says why and counts as not reached. */
function besides(sandbox: PeerSandbox, ours: number, peer: number | null): Row {
  const name = "shell in bubblewrap, staged: over a plain spawn, p50";
  return {
    name: sandbox.problem === null ? name : `${name} (not compared, sandbox-runtime: ${sandbox.problem})`,
    ours,
    unit: "ms",
    peer: peer === null ? null : { name: "sandbox-runtime", value: peer },
    goal: "<= 0.5x of sandbox-runtime",
    reached: peer !== null && ours <= peer / 2,
  };
}

function row(
  name: string,
  ours: number,
  at: { readonly goal: string; readonly reached: boolean; readonly peer: number | null },
): Row {
  const peer = at.peer === null ? null : { name: "plain spawn", value: at.peer };
  return { name, ours, unit: "ms", peer, goal: at.goal, reached: at.reached };
}

function deny(path: string): string | null {
  return path.endsWith("/.env") ? "no-env" : null;
}

function spawnPlain(): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(ARGV[0], [], { stdio: ["ignore", "pipe", "pipe"] });
    child.once("error", reject);
    child.once("close", () => resolve(performance.now() - begun));
  });
}

function specOf(
  project: string,
  at: {
    readonly stage: boolean;
    readonly name: string;
    readonly hidden: { readonly files: readonly string[]; readonly dirs: readonly string[] };
  },
): ProcessSpec {
  return {
    op: "process",
    form: { kind: "argv", argv: ARGV, program: ARGV[0] },
    cwd: project,
    project,
    stageDir: join(project, ".agentzero/state/stage", at.name),
    stage: at.stage,
    hidden: { files: at.hidden.files, dirs: at.hidden.dirs },
    readOnlyPaths: [],
    env: {},
    secrets: {},
    gitIdentity: null,
    timeoutMs: 10_000,
    limits: processLimits(),
  };
}
