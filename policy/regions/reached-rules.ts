import type { AtomicAction } from "../../core/mod.ts";
import type { PolicyDocument } from "../document.ts";
import { contextOf, testState } from "../embedded-tests.ts";
import { matchedClasses } from "../evaluate.ts";
import { factsOf } from "../facts.ts";
import type { PolicyRequest } from "../policy-request.ts";
import { planRequest } from "../requests.ts";
import { USUAL_ROOTS } from "./globs.ts";

/**
 * Finds the rules that the tests and examples of a policy say something about.
 *
 * @param document A policy.
 * @returns Ids of rules that have an example, or that match an action of a test.
 */
export function reachedRules(document: PolicyDocument): ReadonlySet<string> {
  const state = testState(document, {
    layer: "project",
    roots: USUAL_ROOTS,
    homes: [`${USUAL_ROOTS.home}/.agentzero`],
  });
  const reached = new Set<string>();
  for (const { id, examples } of document.rules) {
    if (examples.match.length + examples.not_match.length > 0) reached.add(id);
  }
  for (const { request } of document.tests) {
    for (const action of actionsOf(request)) {
      const facts = factsOf(action, false);
      if (typeof facts === "string") continue;
      for (const rule of state.policy.tables[action.capability].all) {
        if (matchedClasses(rule, rule.tests, facts) !== 0) reached.add(rule.rule.id);
      }
    }
  }
  return reached;

  function actionsOf(request: PolicyRequest): readonly AtomicAction[] {
    try {
      return planRequest(request, contextOf(state));
    } catch {
      return [];
    }
  }
}
