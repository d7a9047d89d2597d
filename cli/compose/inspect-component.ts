import type { ComponentFacts } from "../../skills/mod.ts";

/**
 * Looks into a component of a package; loads the engine only when there is one to look into.
 *
 * @param bytes The component; untrusted.
 * @returns What it imports and exports.
 * @throws {SandboxError} `WASM_FORMAT`, `WASM_IMPORTS`, `WASM_WORLD`, `LIMIT_SIZE`, `LIMIT_TIME`.
 */
export async function inspectComponent(bytes: Uint8Array): Promise<ComponentFacts> {
  const sandbox = await import("../../sandbox/mod.ts");
  return await sandbox.inspectComponent(bytes);
}
