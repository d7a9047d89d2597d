import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(
  new URL("../../../docs/examples/skills/byte-count/component/byte-count.wasm", import.meta.url),
);

/** A real component of the world `az:host/tool` that imports nothing. */
export function sampleComponent(): Uint8Array {
  return readFileSync(FILE);
}
