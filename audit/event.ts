import type { Capability, Classification, Decision, IsolationTier, Layer } from "../core/mod.ts";
import type {
  AuditAction,
  AuditActor,
  AuditApproval,
  AuditModel,
  AuditNetwork,
  AuditObligations,
  AuditRedaction,
  AuditResult,
  AuditSkill,
  Maybe,
} from "./event-parts.ts";
import type { EventName } from "./event-words.ts";

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
