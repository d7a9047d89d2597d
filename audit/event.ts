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
  /** Numeric account id; absent where the system has none. */
  readonly uid?: Maybe<number>;
  /** The front door that the session was used through. */
  readonly front?: Maybe<Front>;
}

/** The model that proposed or was called; never the text of a request. */
export interface AuditModel {
  /** Name of the provider, e.g. `anthropic` or `builtin`. */
  readonly provider?: Maybe<string>;
  /** Name of the model at that provider. */
  readonly name?: Maybe<string>;
  /** Host that was called; absent for a model inside this process. */
  readonly host?: Maybe<string>;
  /** Digest of the request. */
  readonly request?: Maybe<string>;
}

/** One atomic action as policy saw it. */
export interface AuditAction {
  /** What was to be done. */
  readonly capability?: Maybe<Capability>;
  /** What to, in one line: a real path, command text, URL, model, handle or name. */
  readonly target?: Maybe<string>;
  /** The gravest class of the data concerned. */
  readonly classification?: Maybe<Classification>;
  /** What policy said of this action alone. */
  readonly decision?: Maybe<Decision>;
  /** Rule that decided, absent for a default deny. */
  readonly rule?: Maybe<string>;
  /** Where that rule stands, absent for a default deny. */
  readonly layer?: Maybe<Layer>;
  /** Set by the writer in a last entry only: how many further actions there were. */
  readonly more?: Maybe<number>;
  /** Set by the writer in a last entry only: digest of the whole list. */
  readonly digest?: Maybe<string>;
}

/** What the decision required besides, and whether it was done. */
export interface AuditObligations {
  /** Classes to mask. */
  readonly redact?: Maybe<readonly Classification[]>;
  /** Most bytes that may pass; absent for no bound. */
  readonly max_bytes?: Maybe<number>;
  /** Whether it was done; absent while that is not known yet. */
  readonly met?: Maybe<boolean>;
}

/** Code from elsewhere on whose behalf the call was made. */
export interface AuditSkill {
  /** Publisher and name, or `generated:` and a name. */
  readonly id?: Maybe<string>;
  /** Exact version. */
  readonly version?: Maybe<string>;
  /** Who vouches for it, as its package names them. */
  readonly publisher?: Maybe<string>;
  /** Digest of what ran: its behaviour together with grant, policy and engine. */
  readonly digest?: Maybe<string>;
  /** Digest of its behaviour: bytes, permissions and runtime; equal for everybody. */
  readonly fingerprint?: Maybe<string>;
  /** Id of this run of the skill, shared by all its events. */
  readonly run?: Maybe<string>;
}

/** How a person answered. */
export interface AuditApproval {
  /** How far the answer reaches; `never` is a lasting no, absent for a no this once. */
  readonly scope?: Maybe<ApprovalScope>;
  /** What came back; `none` when nobody could answer. */
  readonly answer?: Maybe<ApprovalAnswerWord>;
  /** Where it was asked: `terminal`, `flag`, `acp`; `grant` for a remembered answer. */
  readonly channel?: Maybe<string>;
  /** Milliseconds from the question to its answer; 0 for a remembered one. */
  readonly latency_ms?: Maybe<number>;
  /** Digest of what was shown. */
  readonly digest?: Maybe<string>;
}

/** The peer of a network request. */
export interface AuditNetwork {
  /** Host name as it was decided. */
  readonly host?: Maybe<string>;
  /** Address that was connected to. */
  readonly ip?: Maybe<string>;
  /** Port that was connected to. */
  readonly port?: Maybe<number>;
  /** HTTP verb. */
  readonly method?: Maybe<string>;
  /** HTTP status; absent when no response came. */
  readonly status?: Maybe<number>;
}

/** Values that were masked; never the value. */
export interface AuditRedaction {
  /** Class of the masked values. */
  readonly class?: Maybe<Classification>;
  /** How many were masked. */
  readonly count?: Maybe<number>;
  /** `exact` or a rule id. */
  readonly by?: Maybe<string>;
}

/** How the call ended. */
export interface AuditResult {
  /** How it ended, in one word. */
  readonly status?: Maybe<ResultStatus>;
  /** Exit status of a process; absent when a signal or limit ended it. */
  readonly exit?: Maybe<number>;
  /** Milliseconds that the run took. */
  readonly ms?: Maybe<number>;
  /** `true` when output was cut. */
  readonly truncated?: Maybe<boolean>;
  /** Why it is not `ok`: a stable code, and a masked sentence. */
  readonly error?: Maybe<{ readonly code?: Maybe<string>; readonly message?: Maybe<string> }>;
}

/**
 * One entry of the record. Only `event` must be given; the writer adds `session_id`, `timestamp`, `mono_ms` and, where
 * it is missing, `actor`. Absent means `null`. Long texts and lists are cut by the writer, never refused.
 */
export interface AuditEvent {
  /** Tells what the other fields are about. */
  readonly event: EventName;
  /** `exe_…`: shared by intent, approval and result of one execution. */
  readonly execution_id?: Maybe<string>;
  /** `call_…`: the tool call that the execution belongs to. */
  readonly call?: Maybe<string>;
  /** Execution of the caller: a command whose changes these are, a skill, a guest. */
  readonly parent_id?: Maybe<string>;
  /** Number of the model's turn within the session, from 1. */
  readonly turn?: Maybe<number>;
  /** `ses_…`. */
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
  /** Who acted. */
  readonly actor?: Maybe<AuditActor>;
  /** The model that proposed, or that was called. */
  readonly model?: Maybe<AuditModel>;
  /** The action as it was called. */
  readonly action?: Maybe<string>;
  /** Tool id. */
  readonly tool?: Maybe<string>;
  /** Of the worst atomic action. */
  readonly capability?: Maybe<Capability>;
  /** Of the worst atomic action. */
  readonly classification?: Maybe<Classification>;
  /** Every atomic action of the call; entries beyond 64 are summed up in the last. */
  readonly actions?: Maybe<readonly AuditAction[]>;
  /** The gravest decision of all actions. */
  readonly decision?: Maybe<Decision>;
  /** Rule behind that decision, absent for a default deny. */
  readonly rule?: Maybe<string>;
  /** Where that rule stands, absent for a default deny. */
  readonly layer?: Maybe<Layer>;
  /** `<code>: <sentence>`. */
  readonly reason?: Maybe<string>;
  /** Digest of the policy bundle. */
  readonly policy?: Maybe<string>;
  /** What the decision required besides. */
  readonly obligations?: Maybe<AuditObligations>;
  /** `true` when untrusted text shaped a control-relevant argument. */
  readonly tainted?: Maybe<boolean>;
  /** Origins of the data that shaped the call, e.g. `file:README.md`. */
  readonly sources?: Maybe<readonly string[]>;
  /** Isolation tier that was decided for. */
  readonly runtime?: Maybe<IsolationTier>;
  /** Digest of the sandbox profile that was really used. */
  readonly sandbox?: Maybe<string>;
  /** On whose behalf; absent for the person's own agent. */
  readonly skill?: Maybe<AuditSkill>;
  /** The question and its answer; in events named `approval`. */
  readonly approval?: Maybe<AuditApproval>;
  /** Handles, never values. */
  readonly secret_handles?: Maybe<readonly string[]>;
  /** The peer of a request. */
  readonly network?: Maybe<AuditNetwork>;
  /** What was masked in what went out. */
  readonly redactions?: Maybe<readonly AuditRedaction[]>;
  /** Bytes of the call's arguments. */
  readonly bytes_in?: Maybe<number>;
  /** Bytes of its result. */
  readonly bytes_out?: Maybe<number>;
  /** Keyed digest of what went in, see `AuditLog.tag()`. */
  readonly tag_in?: Maybe<string>;
  /** Keyed digest of what came out. */
  readonly tag_out?: Maybe<string>;
  /** How the run ended; in events named `result`. */
  readonly result?: Maybe<AuditResult>;
}
