import { compilePolicy } from "../compile.ts";
import { decide } from "../decide.ts";
import type { PolicyRule } from "../document.ts";
import { stateOf } from "../embedded-tests.ts";
import { floorPlaces } from "../floor.ts";
import { type Globs, USUAL_ROOTS } from "./globs.ts";
import { matchersFor, sampleActions } from "./sample-actions.ts";

const MAX_SAMPLES = 400;

/**
 * Tells whether a rule by itself lets anything happen that the floor does not deny.
 *
 * @param rule An allow.
 * @param globs How globs are compared.
 * @returns `false` when the floor denies whatever it matches; a rule with an empty list counts as one to be filled in.
 */
export function canGrant(rule: PolicyRule, globs: Globs): boolean {
  const document = {
    version: 2,
    name: null,
    approval: { maxScope: null, timeoutMs: null, ttlMs: null },
    sets: [],
    classify: [],
    rules: [rule],
    tests: [],
  } as const;
  const layer = { layer: "user", document, sha256: "", path: "", grants: true } as const;
  const places = floorPlaces([`${USUAL_ROOTS.home}/.agentzero`], USUAL_ROOTS);
  const state = stateOf(compilePolicy([layer], USUAL_ROOTS), places);
  let denied = 0;
  let left = MAX_SAMPLES;
  for (const capability of rule.capabilities) {
    const others = matchersFor([rule], capability);
    for (const action of sampleActions({ capability, focus: rule.match, others, globs })) {
      if (left-- <= 0) return true;
      const verdict = decide(state, action);
      if (verdict.decision !== "deny") return true;
      if (verdict.layer === "floor") denied++;
    }
  }
  return denied === 0;
}
