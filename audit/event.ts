import type { ApprovalScope, Capability, Classification, Decision, IsolationTier, Layer } from "../core/mod.ts";

/** What an event tells of. The first three belong to a call, the others to the life of a session or installation. */
export const EVENT_NAMES = [
  "intent",
  "approval",
  "result",
  "session.start",
  "session.end",
  "session.recovered",
  "policy.load",
  "policy.reload_failed",
  "trust.change",
  "grant.change",
  "skill.change",
  "tool.change",
  "vault.change",
  "key.change",
  "secret.leak",
  "clock.step",
  "telemetry.start",
  "telemetry.dropped",
  "audit.failed",
] as const;
/** One of {@link EVENT_NAMES}. */
export type EventName = (typeof EVENT_NAMES)[number];

/** The front doors through which a session is used. */
export const FRONTS = ["cli", "acp", "call", "skill", "wasm"] as const;
/** One of {@link FRONTS}. */
export type Front = (typeof FRONTS)[number];

/** How an executed call can end. */
export const RESULT_STATUSES = ["ok", "error", "denied", "timeout", "cancelled"] as const;
/** One of {@link RESULT_STATUSES}. */
export type ResultStatus = (typeof RESULT_STATUSES)[number];

/** How a question to a person can end. */
export const APPROVAL_ANSWERS = ["allow", "deny", "timeout", "none"] as const;
/** One of {@link APPROVAL_ANSWERS}. */
export type ApprovalAnswerWord = (typeof APPROVAL_ANSWERS)[number];

/** A field that may be absent. */
export type Maybe<T> = T | null | undefined;

/** Who acted: the account and the front door. */
export interface AuditActor {
  readonly uid?: Maybe<number>;
  readonly front?: Maybe<Front>;
}

/** The model that proposed or was called; never the text of a request. */
export interface AuditModel {
  readonly provider?: Maybe<string>;
  readonly name?: Maybe<string>;
  readonly host?: Maybe<string>;
  /** Digest of the request. */
  readonly request?: Maybe<string>;
}

/** One atomic action as policy saw it. */
export interface AuditAction {
  readonly capability?: Maybe<Capability>;
  readonly target?: Maybe<string>;
  readonly classification?: Maybe<Classification>;
  readonly decision?: Maybe<Decision>;
  readonly rule?: Maybe<string>;
  readonly layer?: Maybe<Layer>;
  /** Set by the writer in a last entry only: how many further actions there were. */
  readonly more?: Maybe<number>;
  /** Set by the writer in a last entry only: digest of the whole list. */
  readonly digest?: Maybe<string>;
}

/** What the decision required besides, and whether it was done. */
export interface AuditObligations {
  readonly redact?: Maybe<readonly Classification[]>;
  readonly max_bytes?: Maybe<number>;
  readonly met?: Maybe<boolean>;
}

/** Code from elsewhere on whose behalf the call was made. */
export interface AuditSkill {
  readonly id?: Maybe<string>;
  readonly version?: Maybe<string>;
  readonly publisher?: Maybe<string>;
  readonly digest?: Maybe<string>;
  readonly fingerprint?: Maybe<string>;
  readonly run?: Maybe<string>;
}

/** How a person answered. */
export interface AuditApproval {
  readonly scope?: Maybe<ApprovalScope>;
  readonly answer?: Maybe<ApprovalAnswerWord>;
  readonly channel?: Maybe<string>;
  readonly latency_ms?: Maybe<number>;
  /** Digest of what was shown. */
  readonly digest?: Maybe<string>;
}

/** The peer of a network request. */
export interface AuditNetwork {
  readonly host?: Maybe<string>;
  readonly ip?: Maybe<string>;
  readonly port?: Maybe<number>;
  readonly method?: Maybe<string>;
  readonly status?: Maybe<number>;
}

/** Values that were masked; never the value. */
export interface AuditRedaction {
  readonly class?: Maybe<Classification>;
  readonly count?: Maybe<number>;
  /** `exact` or a rule id. */
  readonly by?: Maybe<string>;
}

/** How the call ended. */
export interface AuditResult {
  readonly status?: Maybe<ResultStatus>;
  readonly exit?: Maybe<number>;
  readonly ms?: Maybe<number>;
  readonly truncated?: Maybe<boolean>;
  readonly error?: Maybe<{ readonly code?: Maybe<string>; readonly message?: Maybe<string> }>;
}

/**
 * One entry of the record. Only `event` must be given; the writer adds `session_id`, `timestamp`, `mono_ms` and, where
 * it is missing, `actor`. Absent means `null`. Long texts and lists are cut by the writer, never refused.
 */
export interface AuditEvent {
  readonly event: EventName;
  readonly execution_id?: Maybe<string>;
  readonly call?: Maybe<string>;
  /** Execution of the caller: a command whose changes these are, a skill, a guest. */
  readonly parent_id?: Maybe<string>;
  readonly turn?: Maybe<number>;
  readonly session_id?: Maybe<string>;
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp?: Maybe<string>;
  /** Monotonic milliseconds since the session began. */
  readonly mono_ms?: Maybe<number>;
  /** W3C trace id, 32 hex digits. */
  readonly trace_id?: Maybe<string>;
  /** W3C span id, 16 hex digits. */
  readonly span_id?: Maybe<string>;
  /** Free id from an editor or the caller, up to 64 printable ASCII characters. */
  readonly correlation?: Maybe<string>;
  readonly actor?: Maybe<AuditActor>;
  readonly model?: Maybe<AuditModel>;
  /** The action as it was called. */
  readonly action?: Maybe<string>;
  /** Tool id. */
  readonly tool?: Maybe<string>;
  /** Of the worst atomic action. */
  readonly capability?: Maybe<Capability>;
  /** Of the worst atomic action. */
  readonly classification?: Maybe<Classification>;
  readonly actions?: Maybe<readonly AuditAction[]>;
  readonly decision?: Maybe<Decision>;
  readonly rule?: Maybe<string>;
  readonly layer?: Maybe<Layer>;
  readonly reason?: Maybe<string>;
  /** Digest of the policy bundle. */
  readonly policy?: Maybe<string>;
  readonly obligations?: Maybe<AuditObligations>;
  readonly tainted?: Maybe<boolean>;
  readonly sources?: Maybe<readonly string[]>;
  readonly runtime?: Maybe<IsolationTier>;
  /** Digest of the sandbox profile that was really used. */
  readonly sandbox?: Maybe<string>;
  readonly skill?: Maybe<AuditSkill>;
  readonly approval?: Maybe<AuditApproval>;
  /** Handles, never values. */
  readonly secret_handles?: Maybe<readonly string[]>;
  readonly network?: Maybe<AuditNetwork>;
  readonly redactions?: Maybe<readonly AuditRedaction[]>;
  readonly bytes_in?: Maybe<number>;
  readonly bytes_out?: Maybe<number>;
  /** Keyed digest of what went in, see `AuditLog.tag()`. */
  readonly tag_in?: Maybe<string>;
  readonly tag_out?: Maybe<string>;
  readonly result?: Maybe<AuditResult>;
}
