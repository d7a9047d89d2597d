import { SandboxError } from "../../errors.ts";
import { COMPONENT_BOUNDS } from "./bounds.ts";

const COMPONENT: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const CORE: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/**
 * Refuses what cannot be a component by its size and first bytes.
 *
 * Threat: the tools that read components would take text as well, and any size.
 *
 * @param bytes What came.
 * @throws {SandboxError} `LIMIT_SIZE`, `WASM_FORMAT`.
 */
export function checkHeader(bytes: Uint8Array): void {
  if (bytes.length > COMPONENT_BOUNDS.bytes) {
    throw new SandboxError("LIMIT_SIZE", `Cannot read component: it has ${bytes.length} bytes`, {
      hint: `${COMPONENT_BOUNDS.bytes} bytes are the limit`,
    });
  }
  if (begins(bytes, COMPONENT)) return;
  const [what, hint] = begins(bytes, CORE)
    ? ["it is a core module", "make a component of it, e.g. with `jco new`"]
    : ["it is no WebAssembly binary", "components begin with 00 61 73 6d 0d 00 01 00; text is not taken"];
  throw new SandboxError("WASM_FORMAT", `Cannot read component: ${what}`, { hint });
}

function begins(bytes: Uint8Array, header: readonly number[]): boolean {
  return header.every((byte, index) => bytes[index] === byte);
}
