import type { Capability } from "../core/mod.ts";
import type { Matchers } from "./document.ts";

/** Capabilities whose target is a path. */
export const PATH_CAPABILITIES: readonly Capability[] = ["file_read", "file_write", "acp_context_request", "mvm_mount"];

const HOSTS: readonly Capability[] = ["network_request", "model_call", "secret_handle_usage"];

/** Which capabilities each matcher fits; `null` is any. A rule may use it when all its capabilities are listed. */
export const MATCHER_FITS: { readonly [Name in keyof Matchers]-?: readonly Capability[] | null } = {
  paths: PATH_CAPABILITIES,
  staged: ["file_write"],
  argv: ["shell_command"],
  options: ["shell_command"],
  cwd: ["shell_command"],
  hosts: HOSTS,
  ports: HOSTS,
  methods: ["network_request"],
  cidr: ["network_request", "secret_handle_usage"],
  remote: ["model_call"],
  providers: ["model_call"],
  models: ["model_call"],
  secrets: ["secret_handle_usage"],
  inject: ["secret_handle_usage"],
  commands: ["secret_handle_usage"],
  imports: ["wasm_host_call"],
  packages: ["package_install", "package_execution"],
  skill: null,
  classification: null,
  tier: null,
  tainted: null,
};

/** The names of all matchers, in the order of the reference. */
export const MATCHER_NAMES: readonly (keyof Matchers)[] = [
  "paths",
  "staged",
  "argv",
  "options",
  "cwd",
  "hosts",
  "ports",
  "methods",
  "cidr",
  "remote",
  "providers",
  "models",
  "secrets",
  "inject",
  "commands",
  "imports",
  "packages",
  "skill",
  "classification",
  "tier",
  "tainted",
];

/** Tells whether a key of a rule is a matcher. */
export function isMatcher(key: string): key is keyof Matchers {
  return Object.hasOwn(MATCHER_FITS, key);
}
