import { AgentZeroError } from "../core/mod.ts";

/** What `verify` can find wrong with a record. */
export const PROBLEM_CODES = [
  "FORMAT_UNKNOWN",
  "LINE_INVALID",
  "HEADER_SIG",
  "CHAIN_BROKEN",
  "SEQ_GAP",
  "ROOT_MISMATCH",
  "CHECKPOINT_SIG",
  "AFTER_CLOSE",
  "TRUNCATED",
  "FORKED",
  "SEGMENT_MISSING",
  "SESSION_MISSING",
  "SESSION_UNLISTED",
  "LEDGER_BROKEN",
  "LEDGERS_DIFFER",
  "KEY_COMMIT",
  "AEAD_FAILED",
  "EVENT_INVALID",
] as const;
/** One of {@link PROBLEM_CODES}. */
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Codes of failures inside `audit`. */
export type AuditErrorCode =
  | ProblemCode
  /** The record cannot be written any more: deny every further action of the session. */
  | "AUDIT_UNWRITABLE"
  /** The reading key is protected by a passphrase or lies elsewhere. */
  | "AUDIT_LOCKED"
  /** `audit.max_bytes` is reached: no new session. */
  | "AUDIT_FULL"
  /** A link, a foreign owner or a path that is no regular file where the record should be. */
  | "LOG_UNSAFE"
  /** Another living process writes this session. */
  | "SESSION_BUSY"
  /** No such session, call, execution or event. */
  | "NOT_FOUND"
  /** The `audit:` block of a configuration is wrong. */
  | "CONFIG_INVALID"
  /** A key text or file is not of the form it should have. */
  | "KEY_INVALID"
  /** A filter or other argument cannot be read. */
  | "ARGS_INVALID";

/** A failure inside `audit`. */
export class AuditError extends AgentZeroError<AuditErrorCode> {}
