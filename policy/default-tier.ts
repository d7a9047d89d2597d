import type { Capability, IsolationTier } from "../core/mod.ts";

/** The tier that each capability has unless a request says otherwise. */
export const DEFAULT_TIER: Readonly<Record<Capability, IsolationTier>> = {
  file_read: "host-readonly",
  file_write: "host-supervised",
  shell_command: "host-supervised",
  network_request: "host-supervised",
  model_call: "none",
  secret_handle_usage: "host-supervised",
  package_install: "none",
  package_execution: "wasm-sandbox",
  skill_load: "none",
  runtime_launch: "wasm-sandbox",
  acp_context_request: "host-readonly",
  mvm_mount: "mvm-microvm",
  wasm_host_call: "wasm-sandbox",
};
