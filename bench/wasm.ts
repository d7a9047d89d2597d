import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { RunIo } from "../core/mod.ts";
import type { WasmBackend, WasmSpec, WasmValue } from "../sandbox/mod.ts";
import { inFolder } from "./support/in-folder.ts";
import { median, type Row } from "./support/row.ts";
import { BENCH_IO, benchDeps } from "./support/sandbox-deps.ts";
import { core, sandbox } from "./support/shipped.ts";

const { b2, loadSodium, Permit } = core;
const {
  componentOfWat,
  createComponentStore,
  createWasm,
  DEFAULT_WASM_LIMITS,
  ENGINE_DIGEST,
  ENGINE_MANIFEST,
  readScriptEngine,
} = sandbox;

const HOPS = 5000;
const WARM = 60;
const COLD = 15;
const DEADLINE_MS = 200;
const RUNAWAYS = 5;
const PAGES = 1024;

// Its input is one letter: `e` answers, `c` asks the host 5,000 times, `l` loops, `m` takes all memory.
const WAT = `
(module
  (import "az:host/filesystem@0.3.0" "file-exists" (func $exists (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "run") (param $at i32) (param $length i32) (result i32)
    (local $op i32) (local $i i32)
    (local.set $op (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $op) (i32.const 99))
      (then (loop $again
        (call $exists (local.get $at) (i32.const 1) (i32.const 32))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const ${HOPS}))))))
    (if (i32.eq (local.get $op) (i32.const 108)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $op) (i32.const 109))
      (then
        (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (memory.fill (i32.const 65536) (i32.const 7) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 65536)))))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (local.get $length))
    (i32.const 16)))`;
const SCRIPT = "function run(input) { return { doubled: input.n * 2 }; }";
const MANIFEST = { world: "tool", imports: ["filesystem"], wasi: [] } as const;

const io: RunIo = { ...BENCH_IO, host: () => Promise.resolve({ ok: true, value: true }) };

/** Measures calls of components against a bare worker that does the same by hand. */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  return inFolder(measureIn);
}

async function measureIn(root: string): Promise<readonly Row[]> {
  const deps = benchDeps(root);
  const dir = join(root, "store");
  mkdirSync(dir, { mode: 0o700 });
  const store = createComponentStore(deps, { dir, macKey: new Uint8Array(32).fill(7) });
  const wat = await componentOfWat(WAT);
  const signal = new AbortController().signal;
  for (const [bytes, manifest] of [[wat, MANIFEST], [await readScriptEngine(), ENGINE_MANIFEST]] as const) {
    await store.install(bytes, manifest, { memoryPages: PAGES, signal });
  }
  const guest: WasmSpec = {
    op: "wasm",
    component: b2(wat),
    manifest: MANIFEST,
    declared: MANIFEST.imports,
    script: null,
    input: "e",
    limits: { ...DEFAULT_WASM_LIMITS, calls: HOPS, fuel: 5e10, memoryPages: PAGES },
    seed: "bench",
    clock: false,
    random: false,
    where: "thread",
  };
  const script: WasmSpec = {
    ...guest,
    component: ENGINE_DIGEST,
    manifest: ENGINE_MANIFEST,
    declared: [],
    script: { source: SCRIPT, digest: b2(SCRIPT) },
    input: '{"n":21}',
  };
  const wasm = createWasm(deps, { store });
  const bare = createBareWorker();
  const rows = [
    await hops(wasm, guest, bare),
    await hops(wasm, { ...guest, where: "child" }, bare),
    await warm("component", () => run(wasm, guest), bare),
    await warm("script", () => run(wasm, script), bare),
    await cold("component", () => createWasm(deps, { store }), guest),
    await cold("script", () => createWasm(deps, { store }), script),
    await runaway("thread", wasm, guest),
    await runaway("child", wasm, { ...guest, where: "child" }),
    await memoryBomb(wasm, guest),
  ];
  await wasm.close();
  await bare.end();
  return rows;
}

async function run(wasm: WasmBackend, spec: WasmSpec): Promise<WasmValue> {
  const outcome = await wasm.run(new Permit(), spec, io);
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.reason}`);
  return outcome.value;
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await task();
  return performance.now() - begun;
}

async function hops(wasm: WasmBackend, spec: WasmSpec, bare: BareWorker): Promise<Row> {
  const ours: number[] = [];
  const peer: number[] = [];
  await run(wasm, { ...spec, input: "c" });
  for (let i = 0; i < 5; i++) {
    const alone = await timed(() => run(wasm, spec));
    ours.push((await timed(() => run(wasm, { ...spec, input: "c" })) - alone) * 1000 / HOPS);
    peer.push(await timed(() => bare.ask(HOPS)) * 1000 / HOPS);
  }
  const goal = spec.where === "child" ? 200 : 60;
  return {
    name: `host call, round trip (${spec.where})`,
    ours: median(ours),
    unit: "us",
    peer: { name: "bare worker", value: median(peer) },
    goal: `<= ${goal} us`,
    reached: median(ours) <= goal,
  };
}

async function warm(kind: string, call: () => Promise<unknown>, bare: BareWorker): Promise<Row> {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let i = 0; i < WARM; i++) {
    const ms = await timed(call);
    if (i >= 5) ours.push(ms);
    peer.push(await timed(() => bare.ask(0)));
  }
  return {
    name: `warm call of a ${kind}, p50`,
    ours: median(ours),
    unit: "ms",
    peer: { name: "native JS in a worker", value: median(peer) },
    goal: "<= 5 ms",
    reached: median(ours) <= 5,
  };
}

async function cold(kind: string, open: () => WasmBackend, spec: WasmSpec): Promise<Row> {
  const ours: number[] = [];
  const peer: number[] = [];
  for (let i = 0; i < COLD; i++) {
    const wasm = open();
    ours.push(await timed(() => run(wasm, spec)));
    await wasm.close();
    const bare = createBareWorker();
    peer.push(await timed(() => bare.ask(0)));
    await bare.end();
  }
  return {
    name: `cold call of a ${kind} from the store, p50`,
    ours: median(ours),
    unit: "ms",
    peer: { name: "native JS in a new worker", value: median(peer) },
    goal: "<= 80 ms",
    reached: median(ours) <= 80,
  };
}

async function runaway(where: string, wasm: WasmBackend, spec: WasmSpec): Promise<Row> {
  const over: number[] = [];
  for (let i = 0; i < RUNAWAYS; i++) {
    await run(wasm, spec);
    const looping = { ...spec, input: "l", limits: { ...spec.limits, wallMs: DEADLINE_MS } };
    over.push(await timed(() => wasm.run(new Permit(), looping, io)) - DEADLINE_MS);
  }
  const worst = Math.max(...over);
  return {
    name: `runaway loop (${where}): stopped after its deadline, worst`,
    ours: worst,
    unit: "ms",
    peer: null,
    goal: "<= 50 ms",
    reached: worst <= 50,
  };
}

async function memoryBomb(wasm: WasmBackend, spec: WasmSpec): Promise<Row> {
  await run(wasm, spec);
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => peak = Math.max(peak, process.memoryUsage().rss), 1);
  for (let i = 0; i < 3; i++) await run(wasm, { ...spec, input: "m" });
  clearInterval(timer);
  const grown = (Math.max(peak, process.memoryUsage().rss) - before) / 1024 ** 2;
  const cap = PAGES / 16;
  return {
    name: `memory bomb of ${cap} MiB: our process grows`,
    ours: grown,
    unit: "MiB",
    peer: null,
    goal: `<= ${cap + 64} MiB`,
    reached: grown <= cap + 64,
  };
}

interface BareWorker {
  /** Lets the worker ask `times` times and wait for each answer; resolves when it is done. */
  ask(times: number): Promise<void>;
  end(): Promise<unknown>;
}

// What a host call costs at least: a message there, an answer back, and a thread that waits for it.
const BARE = `
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
const slots = new Int32Array(workerData.memory);
parentPort.on("message", (times) => {
  for (let i = 0; i < times; i++) {
    Atomics.store(slots, 0, 0);
    parentPort.postMessage({ iface: "filesystem", func: "file-exists", args: ["c"] });
    Atomics.wait(slots, 0, 0);
    while (receiveMessageOnPort(workerData.answers) === undefined);
  }
  parentPort.postMessage("done");
});
`;

function createBareWorker(): BareWorker {
  const memory = new SharedArrayBuffer(64);
  const slots = new Int32Array(memory);
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(BARE)}`), {
    workerData: { memory, answers: port2 },
    transferList: [port2],
  });
  return {
    ask(times) {
      return new Promise((resolve) => {
        function take(message: unknown): void {
          if (message === "done") {
            worker.off("message", take);
            resolve();
            return;
          }
          port1.postMessage(true);
          Atomics.store(slots, 0, 1);
          Atomics.notify(slots, 0);
        }
        worker.on("message", take);
        worker.postMessage(times);
      });
    },
    end() {
      port1.close();
      return worker.terminate();
    },
  };
}
