import type {
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
}

/** What kind of file change a staged command made. */
export type ChangeKind = "create" | "modify" | "delete" | "chmod" | "symlink";

/** One file change of a command and what became of it. */
export interface ChangeReport {
  /** Relative to the project. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly bytes: number;
  readonly decision: Decision;
  readonly rule: string | null;
  readonly kept: boolean;
  /** `true` when the project's own ignore files name it. */
  readonly ignored: boolean;
}

/** Why a call did not do what it was asked to. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** How a question was answered; `null` when nobody had to be asked. */
export type Approved = Exclude<ApprovalScope, "never"> | "no" | "never" | "nobody" | null;

/** The outcome of a call, in the field order of the JSON contract. */
export interface CallResult {
  readonly v: 1;
  readonly session: SessionId;
  readonly call: CallId;
  readonly tool: string;
  readonly tier: IsolationTier;
  readonly decision: Decision;
  readonly rule: string | null;
  readonly layer: Layer | null;
  readonly reason: string;
  readonly approved: Approved;
  readonly ok: boolean;
  readonly output: string | null;
  readonly error: CallFailure | null;
  readonly trust: TrustLabel;
  readonly truncated: boolean;
  readonly redactions: readonly { readonly class: string; readonly count: number }[];
  readonly audit: { readonly file: string; readonly intent: number | null; readonly result: number | null };
  readonly ms: number;
  /** Of `shell`: the command's exit status, `null` when it did not end by itself. */
  readonly exit?: number | null;
  /** Of `shell`: what it changed on its staged view. */
  readonly changes?: readonly ChangeReport[];
}

/** A result together with the label its output carries into the context. */
export interface LabelledResult {
  readonly result: CallResult;
  /** Origin and declared classes. */
  readonly label: Label;
  /** Classes that detectors found in the output. */
  readonly detected: readonly Classification[];
}
