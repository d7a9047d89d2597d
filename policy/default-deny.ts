import { CAPABILITIES, type Capability, type Verdict } from "../core/mod.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { matchedClasses } from "./evaluate.ts";
import type { Facts } from "./facts.ts";
import { denial } from "./fixed-verdicts.ts";

/**
 * Denies what no rule allows, and says what is missing: trust in the project's policy, a policy at all, or a rule.
 *
 * @param policy All layers, compiled.
 * @param facts An action that no granting rule matched in all its classes.
 * @returns The deny; its code is `untrusted_project`, `no_policy` or `no_match`.
 */
export function defaultDeny(policy: CompiledPolicy, facts: Facts): Verdict {
  const ignored = policy.ignored[facts.capability];
  if (ignored.some((rule) => matchedClasses(rule, rule.tests, facts) !== 0)) {
    return denial("untrusted_project", "only the policy of this project allows it, and it is not trusted", TRUST_HINT);
  }
  if (!policy.grantsAnything) {
    return policy.untrusted
      ? denial("no_policy", "the policy of this project is not trusted, and no other allows anything", TRUST_HINT)
      : denial("no_policy", "there is no policy that allows anything", "agentzero init");
  }
  return NO_MATCH.get(facts.capability) ?? denial("no_match", "no rule allows it");
}

const TRUST_HINT = "agentzero policy trust";

const NO_MATCH: ReadonlyMap<Capability, Verdict> = new Map(
  CAPABILITIES.map((capability) => [capability, denial("no_match", `no rule allows this ${capability}`)]),
);
