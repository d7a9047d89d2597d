/**
 * The isolation tiers: reading and writing through verified descriptors, processes in bubblewrap on a staged view.
 * Runs what the gate allowed, in the tier the gate chose, and nothing else: holds no policy, asks nobody, writes no
 * record. Imports `core` only.
 *
 * @example
 * ```ts
 * const files = createHostFiles(deps);
 * const spec = { op: "list", target: "/home/me/shop", depth: 1, maxEntries: 100 } as const;
 * const outcome = await files.run(mint(specDigest(spec), files.tier), spec, io);
 * ```
 * @module
 */
export * from "./deps.ts";
export type { EgressNetwork } from "./egress/egress-proxy.ts";
export { hostNetwork } from "./egress/host-network.ts";
export * from "./errors.ts";
export { fileType } from "./files/file-type.ts";
export * from "./files/find-masked.ts";
export type { Deny } from "./files/folder-view.ts";
export { createHostFiles } from "./files/host-files.ts";
export * from "./files/host-folders.ts";
export * from "./files/host-writer.ts";
export type * from "./files/read-spec.ts";
export type { FileStamp } from "./files/stamp.ts";
export type * from "./files/write-spec.ts";
export {
  type Bound,
  DEFAULT_PROCESS_LIMITS,
  PROCESS_BOUNDS,
  type ProcessLimits,
  processLimits,
  SANDBOX_BOUNDS,
} from "./limits.ts";
export * from "./process/bubblewrap.ts";
export type * from "./process/process-spec.ts";
export { probeProtections, type Protection } from "./process/protections.ts";
export { lookupProgram } from "./process/lookup-program.ts";
export { findScriptPrograms, type ScriptPrograms } from "./process/script-programs.ts";
export { runsLater } from "./process/runs-later.ts";
export type * from "./process/staged-change.ts";
export * from "./process/staged-run.ts";
export type { RunEnd } from "./process/watchdog.ts";
export * from "./router.ts";
export * from "./spec.ts";
export { buildStandalone } from "./wasm/build-guest.ts";
export * from "./wasm/component.ts";
export type { ComponentFacts } from "./wasm/install/component-facts.ts";
export { componentOfWat } from "./wasm/install/component-of-wat.ts";
export { inspectComponent } from "./wasm/install/inspect-component.ts";
export { createComponentStore } from "./wasm/store/component-store.ts";
export * from "./wasm/wasm-limits.ts";
export * from "./wasm/host-request.ts";
export * from "./wasm/wasm-spec.ts";
export { ENGINE_DIGEST, ENGINE_MANIFEST, readScriptEngine } from "./wasm/script-engine.ts";
export { createWasm, type WasmBackend, type WasmSettings } from "./wasm/create-wasm.ts";
