import type { PolicyDocument, PolicyRule } from "./document.ts";
import type { LintContext, LintFacts, LintText } from "./lint-check.ts";
import {
  denyWithoutReason,
  privateToRemote,
  rememberedShell,
  runsAnything,
  secretAnywhere,
  taintedEgress,
  unmaskedDeny,
  wideHost,
  writesEverywhere,
} from "./lint-danger.ts";
import { allowInsideStricter, cannotCount, coveredByEqual, exceptsItself, untested } from "./lint-effect.ts";
import { createGlobs, USUAL_ROOTS } from "./regions/globs.ts";
import { reachedRules } from "./regions/reached-rules.ts";

export type { LintFacts } from "./lint-check.ts";

/** Something about a rule that is probably not meant. */
export interface LintFinding {
  /** `AZP001` to `AZP014`. */
  readonly code: string;
  /** An error makes `policy lint` fail; a warning only with `--strict`. */
  readonly level: "error" | "warning";
  /** Id of the rule. */
  readonly rule: string;
  /** Line of the rule in its file, from 1. */
  readonly line: number;
  /** What is seen, and why it matters. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
}

/**
 * Looks for rules that do not do what they seem to. Never refuses a policy: findings do not block loading.
 *
 * @example
 * ```ts
 * lintPolicy(document, facts); // [{ code: "AZP011", rule: "no-keys", … }]
 * ```
 * @param document A policy that passed every check of form.
 * @param facts What is known besides.
 * @returns Findings in the order of the file, then of their codes.
 */
export function lintPolicy(document: PolicyDocument, facts: LintFacts): readonly LintFinding[] {
  const globs = createGlobs(USUAL_ROOTS);
  const context: LintContext = { document, facts, globs, reached: reachedRules(document) };
  return document.rules.flatMap((rule) =>
    CHECKS.flatMap(({ code, level, check }) => {
      const found = check(rule, context);
      return found === null ? [] : [{ code, level, rule: rule.id, line: rule.at.line, ...found }];
    })
  );
}

interface Check {
  readonly code: string;
  readonly level: LintFinding["level"];
  readonly check: (rule: PolicyRule, context: LintContext) => LintText | null;
}

const CHECKS: readonly Check[] = [
  { code: "AZP001", level: "warning", check: allowInsideStricter },
  { code: "AZP002", level: "warning", check: coveredByEqual },
  { code: "AZP003", level: "error", check: writesEverywhere },
  { code: "AZP004", level: "error", check: runsAnything },
  { code: "AZP005", level: "warning", check: unmaskedDeny },
  { code: "AZP006", level: "error", check: secretAnywhere },
  { code: "AZP007", level: "warning", check: taintedEgress },
  { code: "AZP008", level: "warning", check: wideHost },
  { code: "AZP009", level: "warning", check: privateToRemote },
  { code: "AZP010", level: "warning", check: rememberedShell },
  { code: "AZP011", level: "warning", check: denyWithoutReason },
  { code: "AZP012", level: "warning", check: untested },
  { code: "AZP013", level: "warning", check: cannotCount },
  { code: "AZP014", level: "warning", check: exceptsItself },
];
