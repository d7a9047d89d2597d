import { join } from "node:path";
import { createComponentStore, createWasm, type SandboxDeps, type WasmBackend } from "../../sandbox/mod.ts";
import type { Installation } from "./installation.ts";

/**
 * Creates the tier of components; what runs them is loaded by the first run.
 *
 * @param sandbox Ports and facts of the machine.
 * @param installation Home, where compiled components are kept, and keys.
 * @returns The tier.
 */
export function createWasmTier(sandbox: SandboxDeps, { home, keys }: Installation): WasmBackend {
  const dir = join(home, "store", "wasm");
  return createWasm(sandbox, {
    store: createComponentStore(sandbox, { dir, macKey: keys.derive("az/wasm-store/v1") }),
  });
}
