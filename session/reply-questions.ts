import type { ApprovalRequest } from "../core/mod.ts";
import { openQuestions } from "./approve.ts";
import type { Proposal } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import { normalise } from "./normalise.ts";

/** Which question of a reply one is, e.g. 1 of 2. */
export type QuestionPosition = NonNullable<ApprovalRequest["position"]>;

/** Counts the questions that the calls of one reply lead to. */
export interface ReplyQuestions {
  /**
   * Counts one more question.
   *
   * @param ahead The calls of the reply that are still to come.
   * @returns Its place among those put so far and those that can be foreseen. What a command will want to change cannot.
   */
  next(ahead: readonly Proposal[]): Promise<QuestionPosition>;
}

/**
 * Starts counting the questions of one reply. A person who knows how many are to come reads the first one differently.
 *
 * @param deps The gate's wiring.
 * @returns The counter, at zero.
 */
export function countQuestions(deps: GateDeps): ReplyQuestions {
  let put = 0;
  return {
    async next(ahead): Promise<QuestionPosition> {
      const at = ++put;
      const coming = await Promise.all(ahead.map((proposal) => wouldAsk(deps, proposal)));
      return { at, of: at + coming.filter(Boolean).length };
    },
  };
}

// Only looks: nothing is recorded, since nothing was proposed yet. The gate decides anew when the call has its turn.
async function wouldAsk(deps: GateDeps, proposal: Proposal): Promise<boolean> {
  const { plan, guard } = await normalise(deps, proposal);
  if (guard !== null) return false;
  const { worst, each } = deps.policy.decideAll(plan.actions);
  if (worst.decision === "deny") return false;
  return openQuestions(plan.actions.flatMap((action, at) => {
    const verdict = each[at];
    return verdict === undefined ? [] : [{ action, verdict }];
  })).length > 0;
}
