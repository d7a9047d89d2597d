import type { Backend } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import type { ReadSpec, ReadValue } from "../spec.ts";

/**
 * Creates tier `host-readonly`: reads, lists and searches through verified descriptors.
 *
 * @param deps Clock, timers, host facts.
 * @returns The backend.
 */
export function createHostFiles(deps: SandboxDeps): Backend<ReadSpec, ReadValue> {
  throw new SandboxError("TIER_UNAVAILABLE", `Cannot create host files on ${deps.facts.platform}: under construction`);
}
