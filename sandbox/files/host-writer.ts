import type { Backend } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import type { WriteSpec, WriteValue } from "../spec.ts";

/**
 * Creates the writing half of tier `host-supervised`: whole files, atomically, through verified descriptors.
 *
 * @param deps Clock, random names, host facts.
 * @returns The backend.
 */
export function createHostWriter(deps: SandboxDeps): Backend<WriteSpec, WriteValue> {
  throw new SandboxError("TIER_UNAVAILABLE", `Cannot create host writer on ${deps.facts.platform}: under construction`);
}
