import type { DecidedAction } from "../approve.ts";
import type { CallFailure, ChangeReport } from "../call.ts";
import type { WeighedChange } from "./weigh.ts";

/**
 * Reports every change of a run.
 *
 * @param weighed The changes.
 * @param each Their decisions, in the same order.
 * @param kept Real paths that were kept.
 * @returns One report a change, in the same order.
 */
export function reportChanges(
  weighed: readonly WeighedChange[],
  each: readonly DecidedAction[],
  kept: ReadonlySet<string>,
): readonly ChangeReport[] {
  return weighed.map(({ change, obstacle, ignored }, index) => {
    const verdict = each[index]?.verdict;
    return {
      path: change.relative,
      kind: change.kind,
      bytes: change.bytes,
      decision: obstacle === null ? verdict?.decision ?? "deny" : "deny",
      rule: obstacle === null ? verdict?.rule ?? null : RULES[obstacle],
      kept: kept.has(change.path),
      ignored,
    };
  });
}

/**
 * Says why the first change that matters was denied; what git ignores does not matter.
 *
 * @param weighed The changes.
 * @param each Their decisions.
 * @returns The failure, or `null` when none was denied.
 */
export function denialOf(weighed: readonly WeighedChange[], each: readonly DecidedAction[]): CallFailure | null {
  for (const [index, { change, obstacle, ignored }] of weighed.entries()) {
    const what = `Cannot keep "${change.relative}"`;
    if (obstacle === "leak") {
      return {
        code: "SECRET_EGRESS",
        message: `${what}: it holds a secret value`,
        hint: "let the command use the secret without writing it",
      };
    }
    if (obstacle === "unscannable") {
      return { code: "LIMIT_SIZE", message: `${what}: it is too large to be searched for secrets`, hint: null };
    }
    const verdict = each[index]?.verdict;
    if (ignored || (verdict !== undefined && verdict.decision !== "deny")) continue;
    const rule = verdict?.rule ?? null;
    return {
      code: rule === null ? "POLICY_DEFAULT" : "POLICY_DENY",
      message: `${what}: ${
        rule === null ? "no rule allows it" : `denied by rule "${rule}" (${verdict?.layer ?? "policy"})`
      }`,
      hint: verdict?.hint ?? null,
    };
  }
  return null;
}

const RULES = { leak: "floor.secret-egress", unscannable: "floor.unscannable" } as const;
