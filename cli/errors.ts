import { AgentZeroError } from "../core/mod.ts";

/** Codes of failures inside `cli`. */
export type CliErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNSAFE"
  | "HOME_UNSAFE"
  | "INPUT_INVALID"
  | "INPUT_TOO_LARGE"
  | "INTERNAL"
  | "INTERRUPTED"
  | "MODEL_DENIED"
  | "NOT_FOUND"
  | "NO_PROJECT"
  | "NO_TERMINAL"
  | "POLICY_UNTRUSTED"
  | "PROJECT_UNSAFE"
  | "RUNTIME_TOO_OLD"
  | "TRUST_DECLINED"
  | "TOOL_UNKNOWN"
  | "USAGE"
  | "VAULT_BLIND"
  | "WRITE_FAILED";

/** A failure inside `cli`. */
export class CliError extends AgentZeroError<CliErrorCode> {}
