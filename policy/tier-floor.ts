import { CAPABILITIES, type Capability, type IsolationTier } from "../core/mod.ts";
import type { FloorHit } from "./floor-hit.ts";
import { type Mask, tierMask } from "./words-masks.ts";

/** Where each capability cannot happen, whatever a rule says. */
const UNFIT: Readonly<Record<Capability, readonly IsolationTier[]>> = {
  file_read: ["none"],
  file_write: ["none", "host-readonly"],
  shell_command: ["none", "host-readonly", "wasm-sandbox"],
  network_request: ["none"],
  model_call: [],
  secret_handle_usage: [],
  package_install: [],
  package_execution: ["none"],
  skill_load: [],
  runtime_launch: ["none"],
  acp_context_request: [],
  mvm_mount: ["none", "host-readonly", "host-supervised", "wasm-sandbox"],
  wasm_host_call: ["none", "host-readonly", "host-supervised"],
};

/** The tiers where a capability is denied by the floor, as bits: a look-up that every decision makes. */
export const UNFIT_BITS: ReadonlyMap<string, Mask> = new Map(
  CAPABILITIES.map((capability) => [capability, tierMask([...UNFIT[capability], "mvm-microvm", "deny"])]),
);

/** Says why a capability cannot happen in a tier that {@link UNFIT_BITS} names. */
export function tierDeny(capability: Capability, tier: IsolationTier): FloorHit {
  if (tier === "deny") return { name: "tier", sentence: 'the tier is "deny"' };
  if (UNFIT[capability].includes(tier)) return { name: "tier", sentence: `${capability} cannot run in tier "${tier}"` };
  return { name: "tier", sentence: "there is no microVM backend in this version; use wasm-sandbox or host-supervised" };
}
