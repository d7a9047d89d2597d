import type { Capability } from "../core/mod.ts";
import type { Facts } from "./facts.ts";
import type { FloorHit } from "./floor-hit.ts";
import { type FloorPlaces, isBelow } from "./floor.ts";
import { TAINTED } from "./words-masks.ts";

/** Tells whether the line of a command that carries secret values cannot be read as plain words. */
export function asksOpaque({ target }: Facts): FloorHit | null {
  if (target.kind !== "command" || target.argv !== null || !target.secrets) return null;
  return { name: "opaque-shell", sentence: "the command cannot be read word by word and gets secret values" };
}

const TAINT_ASKS: ReadonlySet<Capability> = new Set<Capability>([
  "shell_command",
  "network_request",
  "secret_handle_usage",
  "package_install",
  "package_execution",
  "skill_load",
  "runtime_launch",
]);

/** Tells whether an action that untrusted text shaped is of a kind that asks, unless an `allow` accepts taint. */
export function asksTaint(facts: Facts, { project }: FloorPlaces): boolean {
  if (facts.taint !== TAINTED) return false;
  if (TAINT_ASKS.has(facts.capability)) return true;
  return facts.capability === "file_write" && (project === null || !isBelow(facts.real, project));
}

/** The question of {@link asksTaint}. */
export const TAINT_HIT: FloorHit = { name: "taint", sentence: "untrusted text shaped this action" };

/** What may go on without a question while an old policy stands in for a broken one. */
export function isReading({ capability, target }: Facts): boolean {
  return capability === "file_read" || capability === "acp_context_request" || capability === "skill_load" ||
    (target.kind === "model" && !target.remote);
}

/** The question asked for all else while the policy is degraded. */
export const DEGRADED_HIT: FloorHit = {
  name: "degraded",
  sentence: "the policy on disk is broken; the last good one stands in and asks",
};
