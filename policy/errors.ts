import { AgentZeroError } from "../core/mod.ts";

/** Codes of failures inside `policy`. */
export type PolicyErrorCode =
  /** A path that no file can have, or that cannot be resolved safely. */
  | "PATH_INVALID"
  /** A URL that is not plain `http(s)`. */
  | "URL_INVALID"
  /** A shell text or argv that cannot be planned: empty, too long, not text. */
  | "COMMAND_INVALID"
  /** A permit that was not minted here, was spent, is too old, or is for something else. */
  | "PERMIT_INVALID"
  /** A request of a test or of `explain` that lacks what its capability needs. */
  | "REQUEST_INVALID"
  /** Not one YAML 1.2 document of plain maps, lists and scalars. */
  | "POLICY_SYNTAX"
  /** `version` is missing or not 2. */
  | "POLICY_VERSION"
  /** An unknown or misplaced key. */
  | "POLICY_KEY"
  /** A value of the wrong type or outside its closed set. */
  | "POLICY_VALUE"
  /** A size, count or depth above its bound. */
  | "POLICY_LIMIT"
  /** `$name` without a set, or an unknown `${root}`. */
  | "POLICY_REF"
  /** A path glob or word pattern that is not understood. */
  | "POLICY_GLOB"
  /** A host glob or CIDR block that is not understood. */
  | "POLICY_HOST"
  /** The same key, rule id or set twice. */
  | "POLICY_DUPLICATE"
  /** An embedded test or example that does not hold. */
  | "POLICY_TEST"
  /** A link, a foreign owner, or a mode that lets others write. */
  | "POLICY_PERM"
  /** No policy file where one was named. */
  | "POLICY_MISSING"
  /** A policy file that cannot be read from disk. */
  | "POLICY_READ"
  /** A trust or grant file whose MAC does not hold. */
  | "TRUST_TAMPERED"
  /** An answer that reaches further than the rules allow. */
  | "GRANT_SCOPE"
  /** Policy state that cannot be written. */
  | "STATE_WRITE";

/** A failure inside `policy`. */
export class PolicyError extends AgentZeroError<PolicyErrorCode> {}
