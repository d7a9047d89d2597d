import { type WasmLimits, wasmLimits } from "../../sandbox/mod.ts";
import { type AskedWasmLimit, type ToolLimits, within } from "../tools/tool-limits.ts";

const PAGE_BYTES = 65_536;

/**
 * Gives what one run of a component may use: what its author asked for and a person approved, as far as the configuration
 * leaves it, and what is usual for the rest.
 *
 * @param asked Limits of the permissions: `memory` and `output` in bytes, `wall-ms`, `calls`.
 * @param ceilings What the configuration leaves.
 * @returns The limits.
 */
export function wasmLimitsOf(asked: Readonly<Record<string, number>>, ceilings: ToolLimits["wasm"]): WasmLimits {
  const memory = asked["memory"];
  const wanted: Readonly<Record<AskedWasmLimit, number | undefined>> = {
    memoryPages: memory === undefined ? undefined : Math.max(1, Math.floor(memory / PAGE_BYTES)),
    fuel: undefined,
    wallMs: asked["wall-ms"],
    calls: asked["calls"],
    bytes: undefined,
    inputBytes: undefined,
    outputBytes: asked["output"],
  };
  return wasmLimits({
    memoryPages: within(ceilings.memoryPages, wanted.memoryPages),
    fuel: within(ceilings.fuel, wanted.fuel),
    wallMs: within(ceilings.wallMs, wanted.wallMs),
    calls: within(ceilings.calls, wanted.calls),
    bytes: within(ceilings.bytes, wanted.bytes),
    inputBytes: within(ceilings.inputBytes, wanted.inputBytes),
    outputBytes: within(ceilings.outputBytes, wanted.outputBytes),
  });
}
