import type { Backend } from "../../core/mod.ts";
import type { ProcessSettings, SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import type { ProcessSpec, ProcessValue } from "../spec.ts";

/**
 * Creates the process half of tier `host-supervised`: commands in bubblewrap on a staged view of the project.
 *
 * @param deps Clock, timers, random names, host facts.
 * @param settings What the user's own configuration says.
 * @returns The backend.
 */
export function createBubblewrap(
  deps: SandboxDeps,
  settings: Partial<ProcessSettings> = {},
): Backend<ProcessSpec, ProcessValue> {
  void settings;
  throw new SandboxError("TIER_UNAVAILABLE", `Cannot create bubblewrap on ${deps.facts.platform}: under construction`);
}
