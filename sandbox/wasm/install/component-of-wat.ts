import { SandboxError } from "../../errors.ts";
import { runTool } from "./run-tool.ts";

/**
 * Makes a component of world `tool` of a core module in WebAssembly text that exports `memory`, `cabi_realloc` and
 * `run`, in a helper process.
 *
 * @example
 * ```ts
 * const bytes = await componentOfWat(`(module (memory (export "memory") 1) …)`);
 * ```
 * @param source The text, at most 64 KiB.
 * @returns The component's bytes; the same text gives the same bytes.
 * @throws {SandboxError} `LIMIT_SIZE`, `WASM_FORMAT` with what is wrong and where, `LIMIT_TIME`.
 */
export async function componentOfWat(source: string): Promise<Uint8Array> {
  const { files: [file] } = await runTool({ kind: "wat" }, new TextEncoder().encode(source));
  if (file === undefined) throw new SandboxError("SANDBOX_FAILED", "Cannot make component: the helper made none");
  return file.bytes;
}
