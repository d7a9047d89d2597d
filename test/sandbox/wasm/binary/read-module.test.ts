import { isDeepStrictEqual } from "node:util";
import { describe, expect, it, test } from "vitest";
import { SandboxError } from "../../../../sandbox/mod.ts";
import { SCALE } from "../../rig.ts";
import { HEADER, name, numbers, randomModule, section, u } from "../random-module.ts";
import { instrumented, runMain, wasm } from "../run-core.ts";
import { coreOf } from "../wat.ts";

const PAIRS = [[1, 2]] as const;

// What comes of bytes that somebody changed: refused with a code, or a module that does what the plain one does.
function verdict(bytes: Uint8Array<ArrayBuffer>): string {
  let rewritten: Uint8Array<ArrayBuffer>;
  try {
    rewritten = instrumented(bytes);
  } catch (error) {
    if (error instanceof SandboxError && /^WASM_(FORMAT|LIMITS)$/.test(error.code)) return "refused";
    return `threw ${String(error)}`;
  }
  // Types are the runtime's business; what it refuses of the plain module is refused of the other.
  if (!wasm.validate(bytes)) return "invalid";
  if (!wasm.validate(rewritten)) return "became invalid";
  let after: ReturnType<typeof runMain>;
  try {
    after = runMain(rewritten, PAIRS, 200_000n);
  } catch {
    return "same";
  }
  // It may go on for ever now: then there is nothing to compare.
  if (after.results.some((result) => String(result).includes("unreachable"))) return "same";
  return isDeepStrictEqual(runMain(bytes, PAIRS).results, after.results) ? "same" : "does something else";
}

const GOOD: readonly string[] = ["refused", "invalid", "same"];

describe("readModule()", () => {
  it("refuses or understands a module with any byte changed", () => {
    const seen: string[] = [];
    for (let seed = 0; seed < 12 * SCALE; seed++) {
      const plain = randomModule(seed, { functions: 2, size: 60 });
      const next = numbers(seed + 7);
      for (let round = 0; round < 150; round++) {
        const changed = plain.slice();
        const at = next(changed.length);
        changed[at] = round % 2 === 0 ? (changed[at] ?? 0) ^ (1 << next(8)) : next(256);
        const found = verdict(changed);
        seen.push(GOOD.includes(found) ? found : `seed ${seed}, round ${round}, byte ${at}: ${found}`);
      }
    }
    expect(seen.filter((found) => !GOOD.includes(found))).toEqual([]);
    for (const found of GOOD) expect(seen.filter((other) => other === found).length).toBeGreaterThan(50);
  });
  it("refuses a module that ends anywhere too early", () => {
    const plain = randomModule(5, { functions: 2, size: 60 });
    const ends = new Set<string>();
    for (let length = 0; length < plain.length; length++) ends.add(verdict(plain.slice(0, length)));
    expect([...ends].filter((found) => !GOOD.includes(found))).toEqual([]);
    expect(ends).toContain("refused");
  });
  test.for(
    [
      ["a shared memory", "(module (memory 1 2 shared))", "WASM_LIMITS"],
      ["a 64-bit memory", "(module (memory i64 1))", "WASM_LIMITS"],
      ["a 64-bit table", "(module (table i64 1 funcref))", "WASM_LIMITS"],
      ["atomic operations", "(module (memory 1 1) (func (drop (i32.atomic.load (i32.const 0)))))", "WASM_LIMITS"],
      ["structures", "(module (type (struct (field i32))))", "WASM_LIMITS"],
      ["arrays", "(module (type $a (array i32)) (func (drop (array.new_default $a (i32.const 1)))))", "WASM_LIMITS"],
      ["recursive groups", "(module (rec (type (func)) (type (func))))", "WASM_LIMITS"],
      [
        "typed references",
        "(module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0))))",
        "WASM_LIMITS",
      ],
      ["an imported shared memory", '(module (import "a" "b" (memory 1 2 shared)))', "WASM_LIMITS"],
    ] as const,
  )("refuses %s", async ([, wat, code]) => {
    const bytes = await coreOf(wat);
    expect(() => instrumented(bytes)).toThrow(expect.objectContaining({ code }));
  });
  test.for(
    [
      ["vectors", "(module (func (result v128) (i32x4.add (v128.const i32x4 1 2 3 4) (i32x4.splat (i32.const 1)))))"],
      ["lanes", "(module (memory 1) (func (v128.store8_lane 3 (i32.const 0) (v128.const i64x2 0 0))))"],
      [
        "several memories",
        "(module (memory 1) (memory 1) (func (memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 1))))",
      ],
      [
        "tables of the host's things",
        "(module (table 3 externref) (func (table.fill 0 (i32.const 0) (ref.null extern) (i32.const 2))))",
      ],
      [
        "segments that wait",
        '(module (memory 1) (data $d "abc") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)))',
      ],
      [
        "elements as constants",
        "(module (table 2 funcref) (elem (i32.const 0) funcref (ref.func 0) (ref.null func)) (func))",
      ],
      ["constants that are computed", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"],
      ["several results", "(module (func (result i32 i64) (block (result i32 i64) (i32.const 1) (i64.const 2))))"],
      ["numbers that are cut off", "(module (func (param f64) (result i32) (i32.trunc_sat_f64_u (local.get 0))))"],
      ["calls at the end", "(module (func $f (return_call $f)))"],
    ] as const,
  )("takes %s", async ([, wat]) => {
    const bytes = await coreOf(wat);
    expect(wasm.validate(instrumented(bytes))).toBe(true);
  });
  // Threat: a number that names what will be appended.
  test.for(
    [
      ["a global", [0x23, 0, 0x1a, 0x0b]],
      ["a table", [0x41, 0, 0x25, 0, 0x1a, 0x0b]],
      ["a function", [0x10, 1, 0x0b]],
      ["a type", [0x02, 1, 0x0b, 0x0b]],
      ["a local", [0x20, 0, 0x1a, 0x0b]],
      ["a label", [0x0c, 1, 0x0b]],
      ["a memory", [0x3f, 0, 0x1a, 0x0b]],
    ] as const,
  )("refuses %s that is not there", ([, code]) => {
    const body = [0, ...code];
    const bytes = new Uint8Array([
      ...HEADER,
      ...section(1, [[0x60, 0, 0]]),
      ...section(3, [[0]]),
      ...section(10, [[...u(body.length), ...body]]),
    ]);
    expect(() => instrumented(bytes)).toThrow(expect.objectContaining({ code: "WASM_FORMAT" }));
  });
  it("refuses sections that are doubled, unknown, misplaced or of a wrong size", () => {
    const types = section(1, [[0x60, 0, 0]]);
    for (const tail of [[...types, ...types], [...section(3, []), ...types], [99, 0], [1, 5, 0], [1, 2, 0, 0]]) {
      expect(() => instrumented(new Uint8Array([...HEADER, ...tail])))
        .toThrow(expect.objectContaining({ code: "WASM_FORMAT" }));
    }
  });
  it("refuses a function of more locals than engines take", () => {
    const body = [1, ...u(60_000), 0x7f, 0x0b];
    const bytes = new Uint8Array([
      ...HEADER,
      ...section(1, [[0x60, 0, 0]]),
      ...section(3, [[0]]),
      ...section(7, [[...name("main"), 0, 0]]),
      ...section(10, [[...u(body.length), ...body]]),
    ]);
    expect(() => instrumented(bytes)).toThrow(expect.objectContaining({ code: "WASM_FORMAT" }));
  });
});
