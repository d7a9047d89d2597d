import { checkActs } from "./check-acts.ts";
import { checkCeiling } from "./check-ceiling.ts";
import { checkOrder } from "./check-order.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkTaint } from "./check-taint.ts";
import type { Evidence } from "./evidence.ts";

/** What a trace must not have done, by the invariant it breaks; an empty list is what every trace must give. */
export function violations(evidence: Evidence): readonly string[] {
  return [
    ...checkOrder(evidence).map((found) => `I1 ${found}`),
    ...checkTaint(evidence).map((found) => `I2 ${found}`),
    ...checkSecrets(evidence).map((found) => `I3 ${found}`),
    ...checkActs(evidence).map((found) => `I4 ${found}`),
    ...checkCeiling(evidence).map((found) => `I4 ${found}`),
  ];
}
