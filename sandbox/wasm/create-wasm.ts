import { type Backend, digestOf, type Outcome, type Permit, type Probe, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { runFramed } from "../outcome.ts";
import type { ComponentStore } from "./component.ts";
import type { WasmHost } from "./run-wasm.ts";
import type { WasmSpec, WasmValue } from "./wasm-spec.ts";

/** What tier `wasm-sandbox` is wired to. */
export interface WasmSettings {
  /** Where compiled components are. */
  readonly store: ComponentStore;
}

/** Tier `wasm-sandbox`. */
export interface WasmBackend extends Backend<WasmSpec, WasmValue> {
  /** Ends the workers that are kept warm; for a clean exit. Later runs start new ones. */
  close(): Promise<void>;
}

/**
 * Creates tier `wasm-sandbox`: each call runs in an instance of its own, in a worker thread or in a process without
 * permissions, and has an effect only through `io.host`. What runs it is loaded by the first run.
 *
 * @example
 * ```ts
 * const wasm = createWasm(deps, { store });
 * const outcome = await wasm.run(mint(specDigest(spec), wasm.tier), spec, { ...io, host: (call) => answer(call) });
 * if (outcome.ok) console.log(outcome.value.output ?? outcome.value.error);
 * ```
 * @param deps Clock, timers, random bytes, host facts.
 * @param settings The store.
 * @returns The backend.
 */
export function createWasm(deps: SandboxDeps, settings: WasmSettings): WasmBackend {
  const profile = digestOf({ backend: "wasm", started: false });
  let host: Promise<WasmHost> | null = null;
  let probed: Promise<Probe> | null = null;
  function open(): Promise<WasmHost> {
    return host ??= import("./run-wasm.ts").then(({ createWasmHost }) => createWasmHost(deps, settings.store));
  }
  return {
    tier: "wasm-sandbox",
    name: "wasm",
    probe: () => probed ??= open().then((opened) => opened.probe()),
    run(permit: Permit, spec: WasmSpec, io: RunIo): Promise<Outcome<WasmValue>> {
      const frame = { permit, spec, io, tier: "wasm-sandbox", profile, action: "Cannot run component" } as const;
      return runFramed(deps, frame, async (state) => (await open()).run(spec, io, state));
    },
    async close() {
      await (await host)?.close();
    },
  };
}
