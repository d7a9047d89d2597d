import {
  type Classification,
  type Decision,
  type Layer,
  NO_OBLIGATIONS,
  type RuleRef,
  type Verdict,
} from "../core/mod.ts";
import type { CompiledRule, PolicyLayer } from "./compiled-policy.ts";
import type { GrantScope, PolicyRule } from "./document.ts";
import type { PathRoots } from "./path-syntax.ts";
import type { RuleTest, TestOptions } from "./rule-test.ts";
import { compileTests } from "./rule-tests.ts";
import { ALL_CLASSES, classBit, classMask, type Mask } from "./words-masks.ts";

/**
 * Compiles one rule of a file.
 *
 * @param rule As it was parsed.
 * @param layer The file that it stands in.
 * @param context Its position among all rules, and what `${…}` stands for.
 * @returns The rule; its tests are made when they are first asked for.
 * @throws {PolicyError} `POLICY_GLOB`, `POLICY_REF` or `POLICY_HOST` from its tests, for a rule the parser did not check.
 */
export function compileRule(rule: PolicyRule, layer: PolicyLayer, { rank, roots }: CompileContext): CompiledRule {
  const deny = rule.effect === "deny";
  const ask = rule.effect === "requires_approval";
  const doubtful = rule.match.argv !== undefined || rule.match.cidr !== undefined;
  return new LazyRule({
    rule,
    layer: layer.layer,
    ref: { layer: layer.layer, rule: rule.id, policy: layer.sha256 },
    effect: rule.effect,
    rank,
    grants: layer.grants,
    acceptsTaint: layer.grants && (rule.effect === "allow" || rule.effect === "allow_with_redaction") &&
      (rule.match.tainted === "any" || rule.match.tainted === "true"),
    classes: rulesClasses(rule.match.classification, deny),
    redact: classMask(rule.redact),
    maxBytes: rule.maxBytes,
    scope: rule.approval?.maxScope ?? null,
    ttlMs: rule.approval?.ttlMs ?? null,
    verdict: {
      decision: rule.effect,
      rule: rule.id,
      layer: layer.layer,
      reason: reasonOf(rule),
      obligations: NO_OBLIGATIONS,
      approval: null,
      granted: null,
      hint: deny ? `the rule stands in ${layer.path}, line ${rule.at.line}` : null,
    },
  }, { roots, mode: deny ? "deny" : ask ? "ask" : "grant", tightens: ask && doubtful });
}

interface CompileContext {
  readonly rank: number;
  readonly roots: PathRoots;
}

type PlainRule = Omit<CompiledRule, "tests" | "tightenTests" | "except">;

interface TestPlan extends TestOptions {
  /** `true` when the rule is looked at a second time. */
  readonly tightens: boolean;
}

/** A rule whose tests are made when it is first compared: of thousands of rules a session meets a few. */
class LazyRule implements CompiledRule {
  readonly rule: PolicyRule;
  readonly layer: Layer;
  readonly ref: RuleRef;
  readonly effect: Decision;
  readonly rank: number;
  readonly grants: boolean;
  readonly acceptsTaint: boolean;
  readonly classes: Mask;
  readonly redact: Mask;
  readonly maxBytes: number | null;
  readonly scope: GrantScope | null;
  readonly ttlMs: number | null;
  readonly verdict: Verdict;
  readonly #plan: TestPlan;
  #tests: readonly RuleTest[] | null = null;
  #tightenTests: readonly RuleTest[] | null = null;
  #except: CompiledRule["except"] = null;

  constructor(plain: PlainRule, plan: TestPlan) {
    this.rule = plain.rule;
    this.layer = plain.layer;
    this.ref = plain.ref;
    this.effect = plain.effect;
    this.rank = plain.rank;
    this.grants = plain.grants;
    this.acceptsTaint = plain.acceptsTaint;
    this.classes = plain.classes;
    this.redact = plain.redact;
    this.maxBytes = plain.maxBytes;
    this.scope = plain.scope;
    this.ttlMs = plain.ttlMs;
    this.verdict = plain.verdict;
    this.#plan = plan;
  }

  get tests(): readonly RuleTest[] {
    return this.#tests ??= compileTests(this.rule.match, this.#plan);
  }

  get tightenTests(): readonly RuleTest[] | null {
    if (!this.#plan.tightens) return null;
    return this.#tightenTests ??= compileTests(this.rule.match, { ...this.#plan, mode: "tighten" });
  }

  get except(): CompiledRule["except"] {
    const { except } = this.rule;
    if (except === null) return null;
    return this.#except ??= {
      classes: rulesClasses(except.classification, false),
      tests: compileTests(except, { ...this.#plan, mode: "except" }),
    };
  }
}

/** `unknown` may be anything, so that every deny by class takes it; a grant takes it only when it says so. */
function rulesClasses(words: readonly Classification[] | undefined, deny: boolean): Mask {
  if (words === undefined) return ALL_CLASSES;
  return classMask(words) | (deny ? classBit("unknown") : 0);
}

/** The reason of a rule in a verdict. */
export function reasonOf(rule: PolicyRule): string {
  return `rule: ${rule.reason ?? `"${rule.id}" ${SAYS[rule.effect]}`}`;
}

const SAYS: Readonly<Record<Decision, string>> = {
  allow: "allows it",
  allow_with_redaction: "allows it, masked",
  requires_approval: "asks first",
  deny: "denies it",
};
