import { type ComponentFacts, SkillsError } from "../../skills/mod.ts";

/**
 * Looks into a component of a package.
 *
 * @param bytes The component; untrusted.
 * @returns What it imports and exports.
 * @throws {SkillsError} `WASM_WORLD` until the engine that can do it is wired here.
 */
export function inspectComponent(bytes: Uint8Array): ComponentFacts {
  throw new SkillsError("WASM_WORLD", `Cannot look into a component of ${bytes.length} bytes: no engine is wired here`);
}
