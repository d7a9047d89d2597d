import { LAYERS, severity, type Verdict } from "../core/mod.ts";
import { PolicyError } from "./errors.ts";

/** What {@link compareVerdicts} looks at. */
export type RankedVerdict = Pick<Verdict, "decision" | "rule" | "layer">;

/**
 * Orders verdicts of one call: the one to report comes first. The severest wins; ties go by layer, floor first, then by
 * rule id, and a default deny, which no rule made, comes last.
 *
 * @param a A verdict.
 * @param b Another one.
 * @returns Negative when `a` is the one to report, positive for `b`, 0 when nothing tells them apart.
 */
export function compareVerdicts(a: RankedVerdict, b: RankedVerdict): number {
  return severity(b.decision) - severity(a.decision) || layerRank(a) - layerRank(b) || compareText(a.rule, b.rule);
}

/** Returns the verdict to report: the first by {@link compareVerdicts}, of equals the first given. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  const [first, ...others] = verdicts;
  if (first === undefined) throw new PolicyError("REQUEST_INVALID", "Cannot decide a call without actions");
  return others.reduce((worst, one) => compareVerdicts(one, worst) < 0 ? one : worst, first);
}

function layerRank({ layer }: RankedVerdict): number {
  return layer === null ? LAYERS.length : LAYERS.indexOf(layer);
}

function compareText(a: string | null, b: string | null): number {
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}
