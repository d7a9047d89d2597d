import { sha256 } from "../../core/mod.ts";
import { type PolicyEngine, trustOf } from "../../policy/mod.ts";
import type { Installation } from "./installation.ts";

/**
 * Tells whether a project's `config.yml` counts: the person trusted these very bytes, and the policy beside them is the
 * one that was trusted then.
 *
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @param bytes The file as it is now.
 * @returns `true` when it counts.
 */
export function isTrustedConfig(
  installation: Installation,
  of: { readonly project: string | null; readonly policy: PolicyEngine },
  bytes: Uint8Array,
): boolean {
  if (of.project === null) return false;
  const grants = of.policy.generation.layers.some(({ layer, grants: counts }) => layer === "project" && counts);
  return grants && trustOf(installation, of.project)?.config === sha256(bytes);
}
