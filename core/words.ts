/** Everything the agent can do to the world, as policy names it. */
export const CAPABILITIES = [
  "file_read",
  "file_write",
  "shell_command",
  "network_request",
  "model_call",
  "secret_handle_usage",
  "package_install",
  "package_execution",
  "skill_load",
  "runtime_launch",
  "acp_context_request",
  "mvm_mount",
  "wasm_host_call",
] as const;
/** One of {@link CAPABILITIES}. */
export type Capability = (typeof CAPABILITIES)[number];

/** What data is. Unlabelled data is `private`; `unknown` never leaves for a remote model. */
export const CLASSIFICATIONS = [
  "public",
  "internal",
  "private",
  "pii",
  "secret",
  "credential",
  "regulated",
  "unknown",
] as const;
/** One of {@link CLASSIFICATIONS}. */
export type Classification = (typeof CLASSIFICATIONS)[number];

/** What policy says of an action, from mild to severe: the order is the severity. */
export const DECISIONS = [
  "allow",
  "allow_with_redaction",
  "requires_approval",
  "deny",
] as const;
/** One of {@link DECISIONS}. */
export type Decision = (typeof DECISIONS)[number];

/** Where an action runs. `mvm-microvm` is defined and refused until a backend exists. */
export const ISOLATION_TIERS = [
  "none",
  "host-readonly",
  "host-supervised",
  "wasm-sandbox",
  "mvm-microvm",
  "deny",
] as const;
/** One of {@link ISOLATION_TIERS}. */
export type IsolationTier = (typeof ISOLATION_TIERS)[number];

/** How far a person's answer reaches. */
export const APPROVAL_SCOPES = [
  "once",
  "session",
  "project",
  "package",
  "never",
] as const;
/** One of {@link APPROVAL_SCOPES}. */
export type ApprovalScope = (typeof APPROVAL_SCOPES)[number];

/** Where a value came from. */
export const TRUST_LABELS = [
  "user",
  "policy",
  "core",
  "skill",
  "tool",
  "file",
  "network",
  "model",
  "guest",
] as const;
/** One of {@link TRUST_LABELS}. */
export type TrustLabel = (typeof TRUST_LABELS)[number];

/** Where a rule stands; the order breaks ties when a verdict names its rule. */
export const LAYERS = [
  "floor",
  "system",
  "user",
  "project",
  "skill",
  "session",
] as const;
/** One of {@link LAYERS}. */
export type Layer = (typeof LAYERS)[number];

/**
 * Tells whether `value` is a member of a closed set.
 *
 * @example
 * ```ts
 * isWord(DECISIONS, "deny"); // true
 * ```
 * @param set One of the tables of this file.
 * @param value Anything.
 * @returns `true` when `value` is spelled exactly like a member.
 */
export function isWord<T extends string>(
  set: readonly T[],
  value: unknown,
): value is T {
  return typeof value === "string" &&
    (set as readonly string[]).includes(value);
}

/**
 * Ranks a decision by severity.
 *
 * @param decision A decision.
 * @returns 0 for `allow` up to 3 for `deny`.
 */
export function severity(decision: Decision): number {
  return DECISIONS.indexOf(decision);
}

/**
 * Returns the more severe of two decisions.
 *
 * @param a A decision.
 * @param b Another.
 * @returns The one that is nearer to `deny`.
 */
export function worstOf(a: Decision, b: Decision): Decision {
  return severity(a) >= severity(b) ? a : b;
}
