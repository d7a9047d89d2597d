import { type ApprovalScope, type Classification, CLASSIFICATIONS, type Decision, type Layer } from "./words.ts";

/** What must be done to data before it may go where the decision allows it to. */
export interface Obligations {
  /** Classes to mask, in the order of the closed set. */
  readonly redact: readonly Classification[];
  /** The smallest byte limit of all matching rules, or `null`. */
  readonly max_bytes: number | null;
}

/** Names a rule for good: its file's hash makes a grant void when the file changes. */
export interface RuleRef {
  /** Where the rule stands. */
  readonly layer: Layer;
  /** Its id. */
  readonly rule: string;
  /** `sha256:` of the policy file, or `floor`. */
  readonly policy: string;
}

/** How a question may be answered. */
export interface ApprovalTerms {
  /** The widest scope on offer; `never` can always be answered. */
  readonly maxScope: Exclude<ApprovalScope, "never">;
  /** How long the question stands, in milliseconds. */
  readonly timeoutMs: number;
  /** Lifetime of a remembered answer. */
  readonly ttlMs: number;
  /** Every rule that asks; a grant must name them all. */
  readonly asks: readonly RuleRef[];
  /** What a remembered answer would cover, as canonical text, e.g. the exact path or argv. */
  readonly shape: string;
}

/** The decision on one atomic action. */
export interface Verdict {
  /** What policy says. */
  readonly decision: Decision;
  /** The rule that decided, or `null` for a default deny. */
  readonly rule: string | null;
  /** Where the deciding rule stands, or `null` for a default deny. */
  readonly layer: Layer | null;
  /** `<code>: <sentence>`. */
  readonly reason: string;
  /** What must be done to the data first. */
  readonly obligations: Obligations;
  /** Present exactly when `decision` is `requires_approval`. */
  readonly approval: ApprovalTerms | null;
  /** Scope of the remembered grant that already answers the question, or `null`. */
  readonly granted: Exclude<ApprovalScope, "never"> | null;
  /** What would change the answer, for people. */
  readonly hint: string | null;
}

/** No obligations. */
export const NO_OBLIGATIONS: Obligations = { redact: [], max_bytes: null };

/**
 * Joins what several decisions oblige to: everything that one of them says must be masked, the smallest limit.
 *
 * @example
 * ```ts
 * joinObligations([{ redact: ["pii"], max_bytes: 100 }, { redact: [], max_bytes: 10 }]); // { redact: ["pii"], max_bytes: 10 }
 * ```
 * @param all Any number of obligations; none gives {@link NO_OBLIGATIONS}.
 * @returns The join.
 */
export function joinObligations(all: readonly Obligations[]): Obligations {
  const redact = new Set<Classification>();
  let smallest: number | null = null;
  for (const { redact: classes, max_bytes } of all) {
    for (const name of classes) redact.add(name);
    if (max_bytes !== null && (smallest === null || max_bytes < smallest)) smallest = max_bytes;
  }
  if (redact.size === 0 && smallest === null) return NO_OBLIGATIONS;
  return { redact: CLASSIFICATIONS.filter((name) => redact.has(name)), max_bytes: smallest };
}
