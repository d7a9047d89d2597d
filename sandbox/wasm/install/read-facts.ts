import { checkHeader } from "./check-header.ts";
import { type ComponentFacts, componentFacts } from "./component-facts.ts";
import { toolSaid } from "./tool-said.ts";

/**
 * Reads what a component imports and exports from its own bytes. Runs in the helper process.
 *
 * @param bytes The component.
 * @returns Its imports and exports.
 * @throws {SandboxError} `LIMIT_SIZE`, `WASM_FORMAT`, `WASM_IMPORTS`, `WASM_WORLD`.
 */
export async function readFacts(bytes: Uint8Array): Promise<ComponentFacts> {
  checkHeader(bytes);
  const { componentWit } = await import("@bytecodealliance/jco-transpile/wasm-tools");
  let wit: string;
  try {
    wit = await componentWit(bytes);
  } catch (cause) {
    throw toolSaid("Cannot read component", cause);
  }
  return componentFacts(wit);
}
