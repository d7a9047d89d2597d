import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import { loadSodium } from "../core/mod.ts";
import { readScriptEngine } from "../sandbox/mod.ts";
import { readModule } from "../sandbox/wasm/binary/read-module.ts";
import { FUEL_GLOBAL, START_EXPORT, TICK_MODULE, TICK_TABLE } from "../sandbox/wasm/component.ts";
import { instrumentModule } from "../sandbox/wasm/instrument/instrument-module.ts";
import type { Row } from "./support/row.ts";

interface Instance {
  readonly exports: Readonly<Record<string, unknown>>;
}
interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports?: object) => Instance;
}
declare const WebAssembly: Api;

type Bytes = Uint8Array<ArrayBuffer>;

const MEGABYTE = 1e6;
const ROUNDS = 15;
const SCRIPTS: readonly string[] = [
  "function run() { let s = 0; for (let k = 0; k < 200000; k++) s = (s + k * 3) % 1000003; return s; }",
  "function run() { const f = (n) => n < 2 ? n : f(n - 1) + f(n - 2); return f(21); }",
  "function run() { const m = new Map(); for (let k = 0; k < 20000; k++) m.set('k' + k % 500, k); return m.size; }",
  "function run() { const a = []; for (let k = 0; k < 2000; k++) a.push({ id: k, n: 'x' + k });" +
  " return JSON.stringify(JSON.parse(JSON.stringify(a))).length; }",
  "function run() { return [...'foo bar baz '.repeat(4000).matchAll(/b(a[rz])/g)].length; }",
];
// What compilers make of a table-driven checksum, a product of matrices and a set of points.
const LOOPS = `(module (memory (export "memory") 64)
  (func (export "crc") (result i32) (local $c i32) (local $p i32)
    (loop $l
      (local.set $c (i32.xor (i32.shr_u (local.get $c) (i32.const 8)) (i32.load offset=3000000 (i32.shl
        (i32.and (i32.xor (local.get $c) (i32.load8_u (local.get $p))) (i32.const 255)) (i32.const 2)))))
      (br_if $l (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 2000000))))
    (local.get $c))
  (func (export "product") (result i32) (local $i i32) (local $k i32) (local $a i32) (local $b i32) (local $s f64)
    (loop $each
      (local.set $k (i32.const 200)) (local.set $a (i32.const 0)) (local.set $b (local.get $i)) (local.set $s (f64.const 0))
      (loop $l
        (local.set $s (f64.add (local.get $s) (f64.mul (f64.load (local.get $a)) (f64.load (local.get $b)))))
        (local.set $a (i32.add (local.get $a) (i32.const 8)))
        (local.set $b (i32.add (local.get $b) (i32.const 1600)))
        (br_if $l (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000))))
    (i32.trunc_sat_f64_s (local.get $s)))
  (func (export "points") (result i32) (local $n i32) (local $k i32) (local $t i32)
    (local $x f64) (local $y f64) (local $a f64) (local $b f64)
    (loop $each
      (local.set $x (f64.const 0)) (local.set $y (f64.const 0)) (local.set $k (i32.const 0))
      (block $out (loop $l
        (local.set $a (f64.mul (local.get $x) (local.get $x)))
        (local.set $b (f64.mul (local.get $y) (local.get $y)))
        (br_if $out (f64.gt (f64.add (local.get $a) (local.get $b)) (f64.const 4)))
        (local.set $y (f64.add (f64.mul (f64.mul (local.get $x) (local.get $y)) (f64.const 2)) (f64.const 0.1)))
        (local.set $x (f64.add (f64.sub (local.get $a) (local.get $b)) (f64.const -0.7)))
        (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 100)))))
      (local.set $t (i32.add (local.get $t) (local.get $k)))
      (br_if $each (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
    (local.get $t)))`;

/**
 * Measures the instrumenter: its speed, what it adds to modules, and what modules then take longer.
 *
 * @returns Rows; the peer is the same module as it came.
 */
export async function measure(): Promise<readonly Row[]> {
  await loadSodium();
  await $init;
  const files = generate(new Uint8Array(await readScriptEngine()), {
    name: "component",
    map: [],
    instantiation: { tag: "sync" },
    noNodejsCompat: true,
    noTypescript: true,
    noNamespacedExports: true,
    base64Cutoff: 0,
  }).files.map(([name, bytes]) => ({ name, plain: new Uint8Array(bytes) }));
  const modules = files.filter(({ name }) => name.endsWith(".wasm"));
  const glue = new TextDecoder().decode(files.find(({ name }) => name.endsWith(".js"))?.plain);
  const loops: Bytes = new Uint8Array(await parse(LOOPS));
  return [...writing(modules), await scripts(modules, glue), ...compiled(loops)];
}

interface File {
  readonly name: string;
  readonly plain: Bytes;
}

function rewritten(plain: Bytes): Bytes {
  const module = readModule(plain);
  return instrumentModule(module, {
    memories: module.memories.map(({ max }) => Math.min(max ?? 1024, 1024)),
    tables: module.tables.map(({ max }) => max ?? 65_536),
  });
}

function writing(modules: readonly File[]): readonly Row[] {
  const before = modules.reduce((sum, { plain }) => sum + plain.length, 0);
  let after = 0;
  const best = bestOf(ROUNDS, [() => after = modules.reduce((sum, { plain }) => sum + rewritten(plain).length, 0)]);
  const ms = (best[0] ?? 0) / (before / MEGABYTE);
  const growth = (after / before - 1) * 100;
  return [
    { name: "instrument 1 MB, script engine", ours: ms, unit: "ms", peer: null, goal: "<= 150 ms", reached: ms <= 150 },
    { name: "growth, script engine", ours: growth, unit: "%", peer: null, goal: "<= 12 %", reached: growth <= 12 },
  ];
}

async function scripts(modules: readonly File[], glue: string): Promise<Row> {
  const loaded: unknown = await import(`data:text/javascript;base64,${Buffer.from(glue).toString("base64")}`);
  const kinds = [
    modules.map(({ name, plain }) => ({ name, bytes: plain })),
    modules.map(({ name, plain }) => ({ name, bytes: rewritten(plain) })),
  ];
  const engines = kinds.map((kind) => new Map(kind.map(({ name, bytes }) => [name, new WebAssembly.Module(bytes)])));
  let [plain, fueled] = [0, 0];
  for (const source of SCRIPTS) {
    const best = engines.map(() => Infinity);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, engine] of engines.entries()) {
        const guest = instantiate(loaded, engine);
        guest.load(source);
        const begun = performance.now();
        guest.run("null");
        best[index] = Math.min(best[index] ?? Infinity, performance.now() - begun);
      }
    }
    plain += best[0] ?? 0;
    fueled += best[1] ?? 0;
  }
  return overhead("fuel, script engine", { plain, fueled }, 35);
}

function compiled(bytes: Bytes): readonly Row[] {
  const instances = [bytes, rewritten(bytes)].map((module) => start(new WebAssembly.Module(module)));
  return ["crc", "product", "points"].map((name) => {
    const [plain = 0, fueled = 0] = bestOf(ROUNDS, instances.map(({ exports }) => callable(exports[name])));
    return overhead(`fuel, compiled loop ${name}`, { plain, fueled }, 15);
  });
}

function overhead(
  name: string,
  { plain, fueled }: { readonly plain: number; readonly fueled: number },
  goal: number,
): Row {
  const percent = (fueled / plain - 1) * 100;
  const peer = { name: "without fuel, ms", value: plain };
  return { name, ours: percent, unit: "%", peer, goal: `<= ${goal} %`, reached: percent <= goal };
}

interface Guest {
  load(source: string): void;
  run(input: string): string;
}

function instantiate(loaded: unknown, engine: ReadonlyMap<string, object>): Guest {
  const make = callable(property(loaded, "instantiate"));
  const host = new Proxy({}, { get: () => new Proxy({}, { get: () => () => 0n }) });
  const guest: unknown = make((name: string) => engine.get(name), host, start);
  return {
    load: (source) => void callable(property(guest, "load"))(source),
    run: (input) => String(callable(property(guest, "run"))(input)),
  };
}

// Fills the slot of an instrumented module with endless fuel.
function start(module: object, imports?: object): Instance {
  const instance = new WebAssembly.Instance(module, imports);
  const fuel = property(instance.exports, FUEL_GLOBAL);
  if (typeof fuel !== "object" || fuel === null) return instance;
  const tick = new WebAssembly.Instance(new WebAssembly.Module(TICK_MODULE), {
    az: { tick: () => void Reflect.set(fuel, "value", 16_384n) },
  });
  const slots = property(instance.exports, TICK_TABLE);
  const set = property(slots, "set");
  if (typeof set === "function") Reflect.apply(set, slots, [0, tick.exports["tick"]]);
  const first = property(instance.exports, START_EXPORT);
  if (typeof first === "function") first();
  return instance;
}

function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
}

function callable(value: unknown): (...args: readonly unknown[]) => unknown {
  if (typeof value !== "function") throw new TypeError("expected a function");
  return (...args) => Reflect.apply(value, undefined, args);
}

// Each takes its turn, so that a drifting machine drifts for all.
function bestOf(rounds: number, works: readonly (() => unknown)[]): readonly number[] {
  const best = works.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [index, work] of works.entries()) {
      const begun = performance.now();
      work();
      best[index] = Math.min(best[index] ?? Infinity, performance.now() - begun);
    }
  }
  return best;
}
