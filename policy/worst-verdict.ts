import { severity, type Verdict } from "../core/mod.ts";
import { PolicyError } from "./errors.ts";

/** Returns the first of the severest verdicts. */
export function worstVerdict(verdicts: readonly [Verdict, ...Verdict[]] | readonly Verdict[]): Verdict {
  const [first, ...others] = verdicts;
  if (first === undefined) throw new PolicyError("REQUEST_INVALID", "Cannot decide a call without actions");
  return others.reduce((worst, one) => severity(one.decision) > severity(worst.decision) ? one : worst, first);
}
