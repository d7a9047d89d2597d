import { SandboxError } from "../errors.ts";
import { type Bound, checkLimit } from "../limits.ts";

/** What one call of a WASM guest may use. */
export interface WasmLimits {
  /** Pages of 64 KiB that its largest memory may have. */
  readonly memoryPages: number;
  /** Units of fuel: about one for each call and each turn of a loop. */
  readonly fuel: number;
  /** Deadline in milliseconds; waiting for a person does not count. */
  readonly wallMs: number;
  /** Host calls. The one after these ends the call. */
  readonly calls: number;
  /** Bytes of arguments and answers of host calls together. */
  readonly bytes: number;
  /** Bytes of the input. */
  readonly inputBytes: number;
  /** Bytes of the result. */
  readonly outputBytes: number;
  /** Lines of log that are kept. */
  readonly logLines: number;
  /** Bytes of log that are kept. */
  readonly logBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bounds of {@link WasmLimits}. */
export const WASM_BOUNDS: Readonly<Record<keyof WasmLimits, Bound>> = {
  memoryPages: { default: 1024, max: 4096, key: "limits.wasm_pages" },
  fuel: { default: 2e9, max: 5e10, key: "limits.wasm_fuel" },
  wallMs: { default: 10_000, max: 120_000, key: "limits.wasm_time" },
  calls: { default: 1000, min: 0, max: 20_000, key: "limits.wasm_calls" },
  bytes: { default: 32 * MIB, max: 256 * MIB, key: "limits.wasm_bytes" },
  inputBytes: { default: MIB, max: 8 * MIB, key: "limits.wasm_input" },
  outputBytes: { default: MIB, max: 8 * MIB, key: "limits.wasm_output" },
  logLines: { default: 200, max: 200, key: "limits.wasm_log_lines" },
  logBytes: { default: 64 * KIB, max: 64 * KIB, key: "limits.wasm_log" },
};

/** The defaults of {@link WASM_BOUNDS}. */
export const DEFAULT_WASM_LIMITS: WasmLimits = {
  memoryPages: WASM_BOUNDS.memoryPages.default,
  fuel: WASM_BOUNDS.fuel.default,
  wallMs: WASM_BOUNDS.wallMs.default,
  calls: WASM_BOUNDS.calls.default,
  bytes: WASM_BOUNDS.bytes.default,
  inputBytes: WASM_BOUNDS.inputBytes.default,
  outputBytes: WASM_BOUNDS.outputBytes.default,
  logLines: WASM_BOUNDS.logLines.default,
  logBytes: WASM_BOUNDS.logBytes.default,
};

/**
 * Fills in the defaults of what one call of a guest may use.
 *
 * @param asked Limits that differ from the defaults.
 * @returns A full, checked set.
 * @throws {SandboxError} `LIMIT_INVALID` for a value outside its bounds.
 */
export function wasmLimits(asked: Partial<WasmLimits> = {}): WasmLimits {
  const limits: WasmLimits = { ...DEFAULT_WASM_LIMITS, ...asked };
  const bounds = new Map<string, Bound>(Object.entries(WASM_BOUNDS));
  for (const [name, value] of Object.entries(limits)) {
    const bound = bounds.get(name);
    if (bound === undefined) throw new SandboxError("LIMIT_INVALID", `Cannot set limit: "${name}" is not known`);
    checkLimit(bound, value);
  }
  return limits;
}
