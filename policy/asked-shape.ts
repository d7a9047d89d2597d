import type { CompiledRule } from "./compiled-policy.ts";
import type { Facts } from "./facts.ts";
import type { WordPattern } from "./matchers.ts";
import { patternShape, shapeOf } from "./shape.ts";
import { compileWords, matchWords } from "./word-pattern.ts";

/**
 * Gives the shape that an answer to a question would cover: the exact action, or the word pattern that matched when
 * every asking rule says `shape: pattern`.
 *
 * @param facts The action.
 * @param rules Every rule that asks.
 * @param floor `true` when the floor asks as well: it always asks about the exact action.
 * @returns The shape.
 */
export function askedShape(facts: Facts, rules: readonly CompiledRule[], floor: boolean): string {
  const { target, action } = facts;
  const exact = shapeOf(action);
  // A tainted or opaque line is never generalised: nobody has read the next one.
  if (floor || target.kind !== "command" || target.argv === null || action.tainted || target.secrets) return exact;
  if (target.redirects.length > 0) return exact;
  const matched: WordPattern[] = [];
  for (const { rule } of rules) {
    const pattern = rule.approval?.shape === "pattern" ? matchingPattern(rule.match.argv ?? [], target.argv) : null;
    if (pattern === null) return exact;
    matched.push(pattern);
  }
  return matched.length === 0 ? exact : patternShape(matched, action.tier);
}

function matchingPattern(patterns: readonly WordPattern[], argv: readonly string[]): WordPattern | null {
  return patterns.find((pattern) => matchWords(compileWords(pattern), argv, { pathForms: false, options: null })) ??
    null;
}
