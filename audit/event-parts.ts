import type { ApprovalScope, Capability, Classification, Decision, Layer } from "../core/mod.ts";
import type { ApprovalAnswerWord, Front, ResultStatus } from "./event-words.ts";

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
