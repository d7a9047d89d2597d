import { SandboxError } from "../../errors.ts";

/** Says that a module needs what cannot be bounded here. */
export function beyond(what: string): SandboxError {
  return new SandboxError("WASM_LIMITS", `Cannot install component: it uses ${what}`, {
    hint: "build it for WebAssembly 2.0 without threads, 64-bit memories and garbage collection",
  });
}
