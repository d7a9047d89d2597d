import type {
  ApprovalRequest,
  ApprovalScope,
  CallId,
  Classification,
  Decision,
  IsolationTier,
  Label,
  Layer,
  SessionId,
  TrustLabel,
} from "../core/mod.ts";
import type { Provenance } from "./provenance.ts";

/** A tool call before anything was decided: who wants what, and what shaped it. */
export interface Proposal {
  readonly call: CallId;
  readonly tool: string;
  /** Decoded JSON; checked against the tool's schema by the gate. */
  readonly args: unknown;
  readonly provenance: Provenance;
  /** Turn number inside the session; `null` for calls without a model. */
  readonly turn: number | null;
  /** Ends the call early; what has started is stopped, what has not never starts. */
  readonly signal: AbortSignal;
  /** Output beyond this many UTF-8 bytes is cut in the middle. */
  readonly maxOutputBytes: number;
  /** A limit of the session that was reached: the call is recorded as denied for this reason. */
  readonly refuse?: CallFailure;
  /** Says which question of its reply the next one about it is; absent where it stands alone. */
  readonly position?: () => Promise<NonNullable<ApprovalRequest["position"]>>;
}

/** What kind of file change a staged command made. */
export type ChangeKind = "create" | "modify" | "delete" | "chmod" | "symlink";

/** One file change of a command and what became of it. */
export interface ChangeReport {
  /** Relative to the project. */
  readonly path: string;
  /** What the command did to it. */
  readonly kind: ChangeKind;
  /** Size afterwards; 0 for a deletion. */
  readonly bytes: number;
  /** What policy said of this one change. */
  readonly decision: Decision;
  /** Rule that decided, a floor's name for what can never be kept, or `null` for a default deny. */
  readonly rule: string | null;
  /** `true` when it is in the project now. */
  readonly kept: boolean;
  /** `true` when the project's own ignore files name it. */
  readonly ignored: boolean;
}

/** Why a call did not do what it was asked to. */
export interface CallFailure {
  /** Stable code of the JSON contract, e.g. `POLICY_DENY`. */
  readonly code: string;
  /** What happened and why, masked. */
  readonly message: string;
  /** What to do about it, or `null`. */
  readonly hint: string | null;
}

/** How a question was answered; `null` when nobody had to be asked. */
export type Approved = Exclude<ApprovalScope, "never"> | "no" | "never" | "nobody" | null;

/** The outcome of a call, in the field order of the JSON contract. */
export interface CallResult {
  /** Version of this JSON form. */
  readonly v: 1;
  /** The session that the call was made in. */
  readonly session: SessionId;
  /** Id of the call, as its records name it. */
  readonly call: CallId;
  /** Name of the tool, as it was called. */
  readonly tool: string;
  /** Where it ran or would have run. */
  readonly tier: IsolationTier;
  /** The gravest decision over all of its actions. */
  readonly decision: Decision;
  /** Rule behind that decision, or `null` for a default deny. */
  readonly rule: string | null;
  /** Where that rule stands, or `null` for a default deny. */
  readonly layer: Layer | null;
  /** `<code>: <sentence>`. */
  readonly reason: string;
  /** How a question was answered; `null` when there was none. */
  readonly approved: Approved;
  /** `true` exactly when `error` is `null`. */
  readonly ok: boolean;
  /** What the tool gave, masked and cut; `null` when there is nothing to show. */
  readonly output: string | null;
  /** Why it did not do what it was asked to, or `null`. */
  readonly error: CallFailure | null;
  /** Origin of the output. */
  readonly trust: TrustLabel;
  /** `true` when output was cut. */
  readonly truncated: boolean;
  /** How many values of each class were masked in the output. */
  readonly redactions: readonly { readonly class: string; readonly count: number }[];
  /** The record's file, and the numbers of its entries; `null` for one that was not written. */
  readonly audit: { readonly file: string; readonly intent: number | null; readonly result: number | null };
  /** Milliseconds from the proposal to this result, questions included. */
  readonly ms: number;
  /** Of `shell`: the command's exit status, `null` when it did not end by itself or never started. */
  readonly exit?: number | null;
  /** Of `shell`: what it changed on its staged view. */
  readonly changes?: readonly ChangeReport[];
}

/** A result together with the label its output carries into the context. */
export interface LabelledResult {
  /** What front doors and the model are shown. */
  readonly result: CallResult;
  /** Origin and declared classes. */
  readonly label: Label;
  /** Classes that detectors found in the output. */
  readonly detected: readonly Classification[];
}
