import { isStateBuiltin } from "./actions/builtins.ts";
import { narrowerScope } from "./compile.ts";
import type { PolicyRule } from "./document.ts";
import { isAllow, type LintContext, type LintText } from "./lint-check.ts";
import { canGrant } from "./regions/can-grant.ts";
import { areDisjoint, matchersCover, ruleCovers } from "./regions/compare-rules.ts";

/** AZP001: an allow that a deny or ask overrules everywhere. */
export function allowInsideStricter(rule: PolicyRule, { document, globs }: LintContext): LintText | null {
  if (!isAllow(rule)) return null;
  const stricter = document.rules.find((other) => !isAllow(other) && ruleCovers(other, rule, globs));
  if (stricter === undefined) return null;
  const word = stricter.effect === "deny" ? "denies" : "asks about";
  return {
    message: `it has no effect: "${stricter.id}" ${word} everything that it allows, and the strictest match counts`,
    fix: `remove it, or give "${stricter.id}" an \`except\` for what is meant`,
  };
}

/** AZP002: a rule that another one makes superfluous. */
export function coveredByEqual(rule: PolicyRule, { document, globs }: LintContext): LintText | null {
  const index = document.rules.indexOf(rule);
  const other = document.rules.find((one, at) =>
    one !== rule && one.effect === rule.effect && demandsAsMuch(one, rule) && ruleCovers(one, rule, globs) &&
    // Of two equal rules the later one is told.
    (at < index || !(demandsAsMuch(rule, one) && ruleCovers(rule, one, globs)))
  );
  return other === undefined ? null : {
    message: `it adds nothing: "${other.id}" already says the same about everything that it matches`,
    fix: "remove it",
  };
}

/** Would dropping `inner` leave every obligation, ceiling and acceptance of taint as it is? */
function demandsAsMuch(outer: PolicyRule, inner: PolicyRule): boolean {
  if (inner.except !== null && inner.effect !== "deny") return false;
  const taint = inner.match.tainted === undefined || inner.match.tainted === "false" ||
    (outer.match.tainted !== undefined && outer.match.tainted !== "false");
  const scope = inner.approval?.maxScope ?? "session";
  const wider = outer.approval?.maxScope ?? "session";
  return taint && inner.redact.every((word) => outer.redact.includes(word)) &&
    (inner.maxBytes === null || (outer.maxBytes !== null && outer.maxBytes <= inner.maxBytes)) &&
    (inner.effect !== "requires_approval" ||
      (narrowerScope(scope, wider) === wider &&
        (inner.approval?.shape ?? "exact") === (outer.approval?.shape ?? "exact") &&
        (inner.approval?.ttlMs ?? null) === (outer.approval?.ttlMs ?? null)));
}

/** AZP012: a rule that no test says anything about. */
export function untested(rule: PolicyRule, { reached }: LintContext): LintText | null {
  return reached.has(rule.id) ? null : {
    message: "no test and no example reaches it",
    fix: "add a line to `tests`, or `examples: { match: [ … ] }`",
  };
}

/** AZP013: an allow that can never let anything happen. */
export function cannotCount(rule: PolicyRule, { facts, globs }: LintContext): LintText | null {
  if (!isAllow(rule)) return null;
  if (!facts.grants) {
    return {
      message: "an allow of an untrusted project does not count",
      fix: "read the file, then `agentzero policy trust`",
    };
  }
  const first = rule.match.argv?.flatMap((pattern) => pattern.words[0] ?? []);
  if (
    first !== undefined && first.length > 0 && first.every((word) => word.includes("/") || isStateBuiltin(word, [word]))
  ) {
    return {
      message: `"${
        first[0] ?? ""
      }" is never matched: programs by path and builtins of the shell are opaque to an allow`,
      fix: "name a program of the sandbox's PATH, or ask without `argv`",
    };
  }
  return canGrant(rule, globs) ? null : {
    message: "what it allows is denied by the floor, which no rule loosens",
    fix: "remove it",
  };
}

/** AZP014: a rule whose exception takes out all of it. */
export function exceptsItself(rule: PolicyRule, { globs }: LintContext): LintText | null {
  const { except } = rule;
  if (except === null || areDisjoint(rule.match, except, globs)) return null;
  if (!matchersCover({ match: except, effect: "allow" }, rule, globs)) return null;
  return {
    message: "its `except` takes out everything that it matches",
    fix: "narrow the `except`, or remove the rule",
  };
}
