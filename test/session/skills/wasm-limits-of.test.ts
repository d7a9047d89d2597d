import { describe, expect, it } from "vitest";
import { toolLimits } from "../../../cli/config/limits.ts";
import { WASM_BOUNDS } from "../../../sandbox/mod.ts";
import { wasmLimitsOf } from "../../../session/skills/wasm-limits-of.ts";

function ceilings(user: object = {}, project: object = {}): ReturnType<typeof toolLimits>["wasm"] {
  return toolLimits({ limits: { user, project } }).wasm;
}

describe("wasmLimitsOf()", () => {
  it("gives what is usual to who asks for nothing", () => {
    expect(wasmLimitsOf({}, ceilings())).toMatchObject({
      memoryPages: WASM_BOUNDS.memoryPages.default,
      wallMs: WASM_BOUNDS.wallMs.default,
      calls: WASM_BOUNDS.calls.default,
    });
  });

  it("gives what was asked for and approved, up to the ceiling of the sandbox", () => {
    const asked = { memory: 3 * 65_536 + 1, "wall-ms": 999_999, calls: 5_000, output: 10 };
    expect(wasmLimitsOf(asked, ceilings())).toMatchObject({
      memoryPages: 3,
      wallMs: WASM_BOUNDS.wallMs.max,
      calls: 5_000,
      outputBytes: 10,
    });
  });

  it("never gives more than somebody configured", () => {
    const asked = { memory: 2 ** 28, "wall-ms": 60_000, calls: 5_000 };
    expect(wasmLimitsOf(asked, ceilings({ wasm_calls: 2_000, wasm_pages: 16 }, { wasm_time: 1_000 }))).toMatchObject({
      memoryPages: 16,
      wallMs: 1_000,
      calls: 2_000,
    });
  });
});
