import { type Digest, digestOf } from "../../../core/mod.ts";
import { SandboxError } from "../../errors.ts";
import { COMPONENT_BOUNDS } from "../install/bounds.ts";
import { INSTRUMENTER_VERSION, TRANSPILER_VERSION } from "../install/versions.ts";

/**
 * Names the folder of an installed component: another transpiler, instrumenter or budget makes another one.
 *
 * @param digest Of the component.
 * @param memoryPages What its largest memory may grow to.
 * @returns 64 hex digits.
 * @throws {SandboxError} `LIMIT_INVALID` for a number of pages that cannot be had.
 */
export function componentKey(digest: Digest, memoryPages: number): string {
  if (!Number.isSafeInteger(memoryPages) || memoryPages < 1 || memoryPages > COMPONENT_BOUNDS.memoryPages) {
    throw new SandboxError("LIMIT_INVALID", `Cannot install component: received ${memoryPages} pages`, {
      hint: `expected an integer from 1 to ${COMPONENT_BOUNDS.memoryPages}`,
    });
  }
  const named = { digest, transpiler: TRANSPILER_VERSION, instrumenter: INSTRUMENTER_VERSION, memoryPages };
  return digestOf(named).slice("b2:".length);
}
