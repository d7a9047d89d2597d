import { checkHeader } from "./check-header.ts";
import type { ComponentFacts } from "./component-facts.ts";
import { runTool } from "./run-tool.ts";

/**
 * Reads what a component imports and exports from its own bytes, in a helper process.
 *
 * @param bytes The component, at most 16 MiB.
 * @returns Names of imported interfaces with their versions, and of exported functions.
 * @throws {SandboxError} `LIMIT_SIZE`, `WASM_FORMAT`, `WASM_IMPORTS` for imports that are no interface, `WASM_WORLD` for
 * exports that no world of guests has, `LIMIT_TIME`.
 */
export async function inspectComponent(bytes: Uint8Array): Promise<ComponentFacts> {
  // What is refused at first sight needs no process.
  checkHeader(bytes);
  const { imports, exports } = await runTool({ kind: "inspect" }, bytes);
  return { imports, exports };
}
