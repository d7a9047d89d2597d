import { describe, expect, it, test } from "vitest";
import { componentOfWat, inspectComponent } from "../../../../sandbox/mod.ts";
import { embedWat } from "../../../../sandbox/wasm/install/embed-wat.ts";
import { runTool } from "../../../../sandbox/wasm/install/run-tool.ts";
import { toolText } from "../tool-text.ts";
import { coreOf } from "../wat.ts";

// Each starts a process or more, and the machine may be busy.
const SLOW = 90_000;

const WAT = `(module
  (import "az:host/logging@0.3.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i32) (i32.const 16)))`;

describe("inspectComponent()", () => {
  it("reads what a component imports and exports", async () => {
    expect(await inspectComponent(await coreOf(toolText()))).toEqual({ imports: [], exports: ["run"] });
  }, SLOW);
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
  }, SLOW);
  it("ends the helper when the run is taken back", async () => {
    const stop = new AbortController();
    const running = runTool({ kind: "inspect" }, await coreOf(toolText()), stop.signal);
    stop.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ code: "CANCELLED" }));
  }, SLOW);
});

describe("componentOfWat()", () => {
  it("makes a component that imports what its module uses, the same bytes every time", async () => {
    const component = await componentOfWat(WAT);
    expect(await inspectComponent(component)).toEqual({ imports: ["az:host/logging@0.3.0"], exports: ["run"] });
    expect(await componentOfWat(WAT)).toEqual(component);
  }, SLOW);
  it("says where a text is wrong", async () => {
    await expect(componentOfWat("(module\n  (func (i32.nope)))"))
      .rejects.toThrow(/line 2, column 10: .*unknown operator/);
  }, SLOW);
});

describe("embedWat()", () => {
  test.for(
    [
      ["a component", "(component)", "WASM_FORMAT"],
      ["a module without run", "(module)", "WASM_FORMAT"],
      ["a module that imports what no world has", '(module (import "env" "f" (func)))', "WASM_FORMAT"],
      ["a text of more than 64 KiB", `(module ${" ".repeat(70_000)})`, "LIMIT_SIZE"],
    ] as const,
  )("refuses %s", async ([, text, code]) => {
    await expect(embedWat(new TextEncoder().encode(text))).rejects.toThrow(expect.objectContaining({ code }));
  });
});
