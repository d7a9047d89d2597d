import type { RuleRef } from "../core/mod.ts";
import type { GrantScope } from "./document.ts";
import type { Facts } from "./facts.ts";

/** A question that grants may answer. */
export interface Question {
  readonly facts: Facts;
  /** Every rule that asks. */
  readonly asks: readonly RuleRef[];
  readonly shape: string;
  /** `true` when every asking rule may be answered by the approval of a package as a whole. */
  readonly byPackage: boolean;
  /** `true` when untrusted text is why somebody is asked. */
  readonly aboutTaint: boolean;
}

/** The remembered answers in force at one moment. */
export interface GrantView {
  /** The id of a stored deny for this action, or `null`. */
  never(facts: Facts): string | null;
  /** The scope of a grant that answers the question, or `null`. */
  answers(question: Question): GrantScope | null;
}

/** No remembered answers. */
export const NO_GRANTS: GrantView = { never: () => null, answers: () => null };
