import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SCALE } from "../../rig.ts";
import { HEADER, name, randomModule, section, u } from "../random-module.ts";
import { instrumented, runMain, wasm } from "../run-core.ts";
import { coreOf } from "../wat.ts";

const PAIRS = [[0, 0], [1, 2], [-7, 100_000]] as const;
const PLENTY = 1_000_000_000n;

describe("instrumentModule()", () => {
  it("computes the same as the plain module", () => {
    for (let seed = 0; seed < 250 * SCALE; seed++) {
      const plain = randomModule(seed, { exceptions: seed % 3 === 0 });
      const rewritten = instrumented(plain);
      expect(wasm.validate(rewritten), `seed ${seed}`).toBe(true);
      const before = runMain(plain, PAIRS);
      const after = runMain(rewritten, PAIRS, PLENTY);
      expect(after.results, `seed ${seed}`).toEqual(before.results);
      expect(after.global, `seed ${seed}`).toBe(before.global);
      expect(Buffer.compare(after.memory ?? PLAIN, before.memory ?? PLAIN), `seed ${seed}`).toBe(0);
    }
  });
  it("leaves a small loop from each copy of its body, by each way out", async () => {
    const plain = await coreOf(`(module (func (export "main") (param $n i32) (param $way i32) (result i32)
      (local $i i32) (local $sum i32) (local $outer i32)
      (block $far (loop $around
        (block $out (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $i)))
          (if (i32.lt_u (local.get $i) (local.get $n)) (then (br $l)))
          (br_if $out (i32.eqz (local.get $way)))
          (br_if $far (i32.eq (local.get $way) (i32.const 1)))
          (if (i32.eq (local.get $way) (i32.const 2)) (then (return (local.get $sum))))))
        (loop $l
          (br_if $far (i32.eq (local.get $i) (local.get $way)))
          (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (br_if $around (i32.lt_u (local.tee $outer (i32.add (local.get $outer) (i32.const 1))) (i32.const 3)))))
      (i32.add (i32.add (local.get $sum) (local.get $i)) (i32.mul (local.get $outer) (i32.const 1000003)))))`);
    const pairs = [0, 1, 2, 3].flatMap((way) => Array.from({ length: 70 }, (_, n) => [n + 1, way] as const));
    const rewritten = instrumented(plain);
    // Its body is there more than once.
    expect(rewritten.length).toBeGreaterThan(plain.length * 2);
    expect(runMain(rewritten, pairs, PLENTY).results).toEqual(runMain(plain, pairs).results);
  });
  it("does not copy what would lead elsewhere then, or leaves something on the stack", async () => {
    const plain = await coreOf(`(module (func (export "main") (param $n i32) (param $way i32) (result i32)
      (block $far (block $out (loop $l
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_table $l $l $out $far (i32.rem_u (local.get $n) (local.get $way)))))
        (local.set $n (i32.add (local.get $n) (i32.const 1000))))
      (i32.add (local.get $n) (loop $l (result i32)
        (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 5))) (i32.const 2000)))
        (local.get $n)))))`);
    const pairs = [1, 2, 3, 5, 9].flatMap((way) => Array.from({ length: 40 }, (_, n) => [n, way] as const));
    expect(runMain(instrumented(plain), pairs, PLENTY).results).toEqual(runMain(plain, pairs).results);
  });
  it("stops a small loop for what it has done, however often it was entered", async () => {
    const plain = await coreOf(`(module (func (export "main") (param i32 i32) (result i32) (local i32)
      (loop $l (local.set 2 (i32.add (local.get 2) (i32.const 1))) (br_if $l (i32.lt_u (local.get 2) (local.get 0))))
      (local.get 2)))`);
    const rewritten = instrumented(plain);
    // 6 operations a round, 96 for 1: paid for at least once and at most twice over.
    const { fuel } = runMain(rewritten, [[160_000, 0]], PLENTY);
    expect(fuel).toBeGreaterThanOrEqual(10_000n);
    expect(fuel).toBeLessThanOrEqual(20_000n);
    expect(runMain(rewritten, [[1, 0]], PLENTY).fuel).toBeLessThanOrEqual(3n);
    expect(String(runMain(rewritten, [[160_000, 0]], 5_000n).results[0])).toContain("unreachable");
  });
  it("uses the same fuel on every run and runtime", () => {
    const used = Array.from({ length: 60 }, (_, seed) => {
      const rewritten = instrumented(randomModule(seed));
      const [first, second] = [runMain(rewritten, PAIRS, PLENTY).fuel, runMain(rewritten, PAIRS, PLENTY).fuel];
      expect(second, `seed ${seed}`).toBe(first);
      return first;
    });
    // Written down once; both runtimes have to come to it. Another instrumenter is another version of it.
    expect(createHash("sha256").update(used.join()).digest("hex").slice(0, 16)).toBe("872ed796cd7dde05");
  });
  it("writes the same bytes every time", () => {
    const plain = randomModule(11);
    expect(instrumented(plain)).toEqual(instrumented(plain));
  });
  it("stops a loop, a recursion and a flood of bytes when the fuel is used up", async () => {
    const plain = await coreOf(`(module (memory (export "memory") 16)
      (func $again (param i32) (result i32) (call $again (local.get 0)))
      (func (export "main") (param i32 i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 0)) (then (loop $l (br $l))))
        (if (i32.eq (local.get 0) (i32.const 1)) (then (return_call $again (i32.const 1))))
        (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br $l))
        (i32.const 5)))`);
    for (const kind of [0, 1, 2]) {
      const { results: [result], fuel } = runMain(instrumented(plain), [[kind, 0]], 3000n);
      expect(String(result)).toContain("unreachable");
      // The last check goes below zero: by 1, or by what a flood of bytes costs.
      expect(fuel).toBeGreaterThan(3000n);
      expect(fuel).toBeLessThanOrEqual(4100n);
    }
  });
  it("lets no handler of the guest catch the end of its fuel", () => {
    // loop, try, loop br 0 end, catch_all, end, br 0, end: for ever in a block that catches everything.
    const body = [0, 0x03, 0x40, 0x06, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x19, 0x0b, 0x0c, 0, 0x0b, 0x41, 5, 0x0b];
    const plain = new Uint8Array([
      ...HEADER,
      ...section(1, [[0x60, 2, 0x7f, 0x7f, 1, 0x7f]]),
      ...section(3, [[0]]),
      ...section(7, [[...name("main"), 0, 0]]),
      ...section(10, [[...u(body.length), ...body]]),
    ]);
    expect(String(runMain(instrumented(plain), [[0, 0]], 50_000n).results[0])).toContain("unreachable");
  });
  it("does nothing before somebody fills the slot", async () => {
    const plain = await coreOf(`(module (func (export "main") (param i32 i32) (result i32)
      (loop $l (br_if $l (local.get 0))) (i32.const 5)))`);
    const { exports } = new wasm.Instance(new wasm.Module(instrumented(plain)));
    expect(() => (exports["main"] as (a: number, b: number) => number)(0, 0)).toThrow(/null|table|signature/);
  });
  it("runs the start function when the tick is there, and not before", async () => {
    const plain = await coreOf(`(module (memory (export "memory") 1) (start 0)
      (func (i32.store (i32.const 0) (i32.const 77)))
      (func (export "main") (param i32 i32) (result i32) (i32.load (i32.const 0))))`);
    const { exports } = new wasm.Instance(new wasm.Module(instrumented(plain)));
    expect(new Int32Array((exports["memory"] as { buffer: ArrayBuffer }).buffer)[0]).toBe(0);
    expect(runMain(instrumented(plain), [[0, 0]], PLENTY).results).toEqual([77]);
  });
  it("holds a memory at its maximum, exact to one page", async () => {
    const plain = await coreOf(`(module (memory (export "memory") 2) (func (export "main") (param i32 i32) (result i32)
      (memory.grow (local.get 0))))`);
    const rewritten = instrumented(plain, { memories: [10], tables: [] });
    expect(runMain(rewritten, [[8, 0], [1, 0], [0, 0]], PLENTY).results).toEqual([2, -1, 10]);
    expect(runMain(rewritten, [[9, 0], [7, 0], [1, 0]], PLENTY).results).toEqual([-1, 2, 9]);
    // Pages that cannot be had cost no fortune.
    expect(runMain(rewritten, [[-1, 0]], PLENTY).fuel).toBeLessThan(1000n);
  });
  it("holds a table at its maximum", async () => {
    const plain = await coreOf(`(module (table $t 2 funcref) (func (export "main") (param i32 i32) (result i32)
      (table.grow $t (ref.null func) (local.get 0))))`);
    expect(runMain(instrumented(plain, { memories: [], tables: [5] }), [[3, 0], [1, 0]], PLENTY).results).toEqual([
      2,
      -1,
    ]);
  });
});

const PLAIN = new Uint8Array();
