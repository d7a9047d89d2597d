import type { Classification, Redaction } from "../core/mod.ts";
import type { Provenance } from "./provenance.ts";

/** One model call, before it is decided. */
export interface ModelCallFacts {
  readonly turn: number;
  readonly provenance: Provenance;
  /** Classes of all that is sent, after masking. */
  readonly classes: readonly Classification[];
  /** Classes that were masked throughout. */
  readonly redacted: readonly Classification[];
  /** What masking for this request replaced: the receipt that `allow_with_redaction` asks for. */
  readonly redactions: readonly Redaction[];
  readonly bytes: number;
  readonly signal: AbortSignal;
}
