import { describe, expect, it } from "vitest";
import { PREFIX, WAY } from "../../../../sandbox/wasm/instrument/ways.ts";
import { SCALE } from "../../rig.ts";
import { numbers, randomModule } from "../random-module.ts";
import { instrumented } from "../run-core.ts";
import { Walker } from "../walker.ts";
import { coreOf } from "../wat.ts";

function walked(bytes: Uint8Array<ArrayBuffer>, seed: number, walks: number): Walker["seen"] {
  const walker = new Walker(instrumented(bytes), numbers(seed + 1));
  for (let index = 0; index < walker.functions; index++) {
    for (let walk = 0; walk < walks; walk++) walker.walk(index, 5000);
  }
  return walker.seen;
}

describe("placeChecks()", () => {
  it("leaves no way of more than 256 operations without a check, and no call before one", () => {
    let [longest, repeats, refills] = [0, 0, 0];
    for (let seed = 0; seed < 60 * SCALE; seed++) {
      // Long bodies: in short ones no way is long enough to need a check.
      const plain = randomModule(seed, { size: 60 + (seed % 5) * 500, exceptions: seed % 4 === 0 });
      const seen = walked(plain, seed, 4);
      expect(seen.longest, `seed ${seed}`).toBeLessThanOrEqual(WAY);
      expect(seen.prefix, `seed ${seed}`).toBeLessThanOrEqual(PREFIX);
      expect(seen.unpaid, `seed ${seed}`).toBe(0);
      expect(seen.excess, `seed ${seed}`).toBeLessThanOrEqual(PREFIX);
      longest = Math.max(longest, seen.longest);
      repeats += seen.repeats;
      refills += seen.refills;
    }
    // The walker walks: it has come near to the bound.
    expect(longest).toBeGreaterThan(200);
    expect(repeats).toBeGreaterThan(refills);
    expect(refills).toBeGreaterThan(100);
  });
  it("puts checks into a long body without a branch", async () => {
    const long = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(1000);
    const seen = walked(await coreOf(`(module (func (export "main") (param i32) ${long}))`), 1, 1);
    expect(seen.steps).toBe(4001);
    expect(seen.longest).toBeLessThanOrEqual(WAY);
  });
  it("counts for small loops what they do in many rounds", async () => {
    const plain = await coreOf(`(module (func (export "main") (param i32) (result i32) (local i32 i32)
      (block $out (loop $a
        (local.set 1 (i32.add (local.get 1) (i32.const 3)))
        (br_if $a (local.get 0))
        (local.set 1 (i32.const 0))
        (br_if $out (local.get 1))
        (br $a)))
      (loop $b (br_if $b (local.get 0)))
      (loop $c (loop $d (br_if $d (local.get 1))) (local.set 2 (i32.const 1)) (br_if $c (local.get 0)))
      (local.get 1)))`);
    const seen = walked(plain, 3, 300);
    expect(seen.excess).toBeLessThanOrEqual(PREFIX);
    // All that is done here is paid for ahead, but for what leads from loop to loop.
    expect(seen.longest).toBeLessThanOrEqual(4);
    expect(seen.refills).toBeGreaterThan(300);
    expect(seen.repeats).toBeGreaterThan(1000);
  });
});
