import { describe, expect, it } from "vitest";
import { componentOfWat, inspectComponent } from "../../../../sandbox/mod.ts";
import { runTool } from "../../../../sandbox/wasm/install/run-tool.ts";
import { toolText } from "../tool-text.ts";
import { coreOf } from "../wat.ts";

const WAT = `(module
  (import "az:host/logging@0.3.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i32) (i32.const 16)))`;

describe("inspectComponent()", () => {
  it("reads what a component imports and exports", async () => {
    expect(await inspectComponent(await coreOf(toolText()))).toEqual({ imports: [], exports: ["run"] });
  });
  it("refuses text, core modules, what is too large and what is cut off", async () => {
    const component = await coreOf(toolText());
    const bad: readonly (readonly [Uint8Array, string])[] = [
      [new TextEncoder().encode("(component)"), "WASM_FORMAT"],
      [await coreOf("(module)"), "WASM_FORMAT"],
      [new Uint8Array(), "WASM_FORMAT"],
      [new Uint8Array(100 * 1024 * 1024), "LIMIT_SIZE"],
      [component.subarray(0, component.length - 7), "WASM_FORMAT"],
    ];
    for (const [bytes, code] of bad) {
      await expect(inspectComponent(bytes)).rejects.toThrow(expect.objectContaining({ code }));
    }
  });
  it("refuses what the helper was not asked for: the run was taken back", async () => {
    const stop = new AbortController();
    const running = runTool({ kind: "inspect" }, await coreOf(toolText()), stop.signal);
    stop.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
  });
});

describe("componentOfWat()", () => {
  it("makes a component that imports what its module uses, the same bytes every time", async () => {
    const component = await componentOfWat(WAT);
    expect(await inspectComponent(component)).toEqual({ imports: ["az:host/logging@0.3.0"], exports: ["run"] });
    expect(await componentOfWat(WAT)).toEqual(component);
  });
  it("says where a text is wrong, and what does not fit", async () => {
    await expect(componentOfWat("(module\n  (func (i32.nope)))")).rejects.toThrow(
      /line 2, column 10: .*unknown operator/,
    );
    await expect(componentOfWat("(component)")).rejects.toThrow(/component already/);
    await expect(componentOfWat("(module)")).rejects.toThrow(expect.objectContaining({ code: "WASM_FORMAT" }));
    await expect(componentOfWat(`(module ${" ".repeat(70_000)})`)).rejects.toThrow(
      expect.objectContaining({ code: "LIMIT_SIZE" }),
    );
  });
});
