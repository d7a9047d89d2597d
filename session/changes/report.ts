import type { Redactor } from "../../core/mod.ts";
import { hintOf } from "../../policy/mod.ts";
import type { DecidedAction } from "../approve.ts";
import type { CallFailure, ChangeReport } from "../call.ts";
import type { Obstacle, WeighedChange } from "./weigh.ts";

/**
 * Reports every change of a run.
 *
 * @param redactor Masks names: a command may have put a value into one.
 * @param run The changes, their decisions in the same order, and the real paths that were kept.
 * @returns One report a change, in the same order.
 */
export function reportChanges(
  redactor: Redactor,
  run: {
    readonly weighed: readonly WeighedChange[];
    readonly each: readonly DecidedAction[];
    readonly kept: ReadonlySet<string>;
  },
): readonly ChangeReport[] {
  return run.weighed.map(({ change, obstacle, ignored }, index) => {
    const verdict = run.each[index]?.verdict;
    return {
      path: redactor.mask(change.relative).text,
      kind: change.kind,
      bytes: change.bytes,
      decision: obstacle === null ? verdict?.decision ?? "deny" : "deny",
      rule: obstacle === null ? verdict?.rule ?? null : OBSTACLES[obstacle].rule,
      kept: run.kept.has(change.path),
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
    if (obstacle !== null) {
      const { code, why, hint } = OBSTACLES[obstacle];
      return { code, message: `${what}: ${why}`, hint };
    }
    const decided = each[index];
    if (ignored || (decided !== undefined && decided.verdict.decision !== "deny")) continue;
    const { rule = null, layer = null } = decided?.verdict ?? {};
    return {
      code: rule === null ? "POLICY_DEFAULT" : "POLICY_DENY",
      message: `${what}: ${rule === null ? "no rule allows it" : `denied by rule "${rule}" (${layer ?? "policy"})`}`,
      hint: decided === undefined ? null : hintOf(decided.verdict, decided.action),
    };
  }
  return null;
}

const OBSTACLES: Readonly<
  Record<Obstacle, { readonly rule: string; readonly code: string; readonly why: string; readonly hint: string | null }>
> = {
  leak: {
    rule: "floor.secret-egress",
    code: "SECRET_EGRESS",
    why: "it holds a secret value",
    hint: "let the command use the secret without writing it",
  },
  unscannable: {
    rule: "floor.unscannable",
    code: "LIMIT_SIZE",
    why: "it is too large to be searched for secrets",
    hint: null,
  },
  packed: {
    rule: "floor.unscannable",
    code: "SECRET_EGRESS",
    why: "a command that got a secret packed data there that cannot be searched for it",
    hint: "run git in a command of its own, without `secrets`",
  },
};
