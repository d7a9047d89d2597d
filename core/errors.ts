/** What a failure carries besides its message. */
export interface ErrorDetails {
  /** What the reader can do about it, one sentence or command. */
  readonly hint?: string | undefined;
  /** What made it happen; never printed without `AGENTZERO_DEBUG`. */
  readonly cause?: unknown;
}

/**
 * The base of every failure: a stable `code` from the closed union of one folder, a message of the form
 * `Cannot <action>: <what was seen>`, and a hint that says what to do. Never holds a secret or a response body.
 */
export abstract class AgentZeroError<Code extends string = string> extends Error {
  /** Stable and part of the JSON contract. */
  readonly code: Code;
  /** What the reader can do about it. */
  readonly hint: string | undefined;

  /** Makes a failure; `details` says what to do and what made it happen. */
  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(
      message,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

/** Codes of failures inside `core`. */
export type CoreErrorCode =
  | "ARGS_INVALID"
  | "BINDING_INVALID"
  | "DIGEST_INVALID"
  | "FILE_WRITE"
  | "HANDLE_INVALID"
  | "ID_INVALID"
  | "JSON_INVALID"
  | "KEY_BUSY"
  | "KEY_INVALID"
  | "KEY_LOCKED"
  | "KEY_MISSING"
  | "KEY_UNSAFE"
  | "LIMIT_INVALID"
  | "PERMIT_INVALID"
  | "REDACTION_FAILED"
  | "SECRET_EXISTS"
  | "SECRET_EXPIRED"
  | "SECRET_HANDLE"
  | "SECRET_INVALID"
  | "SECRET_PLACE"
  | "SECRET_TOO_SHORT"
  | "SECRET_UNBOUND"
  | "SECRET_UNKNOWN"
  | "SECRET_UNREADABLE"
  | "SECRETS_INVALID"
  | "SODIUM_NOT_READY"
  | "VAULT_BUSY"
  | "VAULT_FULL"
  | "VAULT_LOCKED"
  | "VAULT_ROLLBACK"
  | "VAULT_TAMPERED"
  | "VAULT_UNSAFE"
  | "VAULT_UNSUPPORTED"
  | "VAULT_WRITE";

/** A failure inside `core`. */
export class CoreError extends AgentZeroError<CoreErrorCode> {}
