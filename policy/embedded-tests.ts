import type { AtomicAction, Layer, Verdict } from "../core/mod.ts";
import { classifyTarget } from "./classify.ts";
import { compilePolicy } from "./compile.ts";
import type { CompiledPolicy, CompiledRule } from "./compiled-policy.ts";
import { decide } from "./decide.ts";
import type { DecisionState } from "./decision-state.ts";
import type { PolicyDocument, PolicyProblem, PolicyRule, PolicyTest } from "./document.ts";
import { PolicyError } from "./errors.ts";
import { matchedClasses } from "./evaluate.ts";
import { factsOf } from "./facts.ts";
import { type FloorPlaces, floorPlaces } from "./floor.ts";
import { NO_GRANTS } from "./grant-view.ts";
import type { PathRoots } from "./path-syntax.ts";
import type { PolicyRequest } from "./policy-request.ts";
import { Problems } from "./problems.ts";
import { isRefusedTarget, lexicalTarget, planRequest, type RequestContext } from "./requests.ts";
import { worstVerdict } from "./worst-verdict.ts";

/** Where embedded tests take place: the real roots, but no disk. */
export interface TestPlace {
  readonly layer: Layer;
  readonly roots: PathRoots;
  /** `$AGENTZERO_HOME`. */
  readonly homes: readonly string[];
}

/** How one test went. */
export interface TestResult {
  /** What was asked and expected. */
  readonly test: PolicyTest;
  /** `true` when decision and, where the test names one, rule are as expected. */
  readonly ok: boolean;
  /** The verdict, or `null` when the request could not even be planned. */
  readonly verdict: Verdict | null;
  /** What happened, e.g. `deny by "no-secret-files"`. */
  readonly got: string;
}

/**
 * Runs the tests and examples inside a policy file, against that file alone as granting and the floor.
 *
 * @param document A parsed policy.
 * @param place Roots and layer.
 * @returns A `POLICY_TEST` problem for each that does not hold.
 */
export function checkEmbedded(document: PolicyDocument, place: TestPlace): readonly PolicyProblem[] {
  if (document.tests.length === 0 && document.rules.every((rule) => !hasExamples(rule))) return [];
  return checkTests(document, testState(document, place));
}

/** The same in a state that holds the document. */
export function checkTests(document: PolicyDocument, state: DecisionState): readonly PolicyProblem[] {
  const problems = new Problems();
  for (const result of runTests(document.tests, state)) {
    if (result.ok) continue;
    problems.add("POLICY_TEST", result.test.at, {
      message: `a test expects ${describeExpected(result.test)}, but gets ${result.got}`,
    });
  }
  for (const rule of document.rules) checkExamples(rule, state, problems);
  return problems.list();
}

/** Builds the state that tests of a document run in. */
export function testState(document: PolicyDocument, place: TestPlace): DecisionState {
  const roots: PathRoots = { ...place.roots, project: place.roots.project ?? "/project" };
  const policy = compilePolicy([{ layer: place.layer, document, sha256: "sha256:", path: "", grants: true }], roots);
  return stateOf(policy, floorPlaces(place.homes, policy.roots));
}

/** Builds a state without grants, mode or ceiling around compiled layers. */
export function stateOf(policy: CompiledPolicy, places: FloorPlaces): DecisionState {
  return { policy, places, mode: "ask", degraded: false, broken: null, grants: NO_GRANTS, ceiling: false };
}

/** Runs tests in a state; never throws. */
export function runTests(tests: readonly PolicyTest[], state: DecisionState): readonly TestResult[] {
  return tests.map((test) => runTest(test, state));
}

function runTest(test: PolicyTest, state: DecisionState): TestResult {
  let actions: readonly AtomicAction[];
  try {
    actions = planRequest(test.request, contextOf(state));
  } catch (error) {
    const got = error instanceof PolicyError ? `${error.code}: ${error.message}` : "an unplannable request";
    if (!isRefusedTarget(error)) return { test, ok: false, verdict: null, got };
    // Such a call is refused before any rule is asked: a deny, and by no rule.
    const refused = test.expect === "deny" && (test.rule ?? null) === null;
    return { test, ok: refused, verdict: null, got: `deny by no rule: ${got}` };
  }
  const verdict = worstVerdict(actions.map((action) => decide(state, action)));
  const ok = verdict.decision === test.expect && (test.rule === undefined || verdict.rule === test.rule);
  return { test, ok, verdict, got: describeVerdict(verdict) };
}

/** Plans requests without looking at any disk, so that a test means the same everywhere. */
export function contextOf({ policy }: DecisionState): RequestContext {
  return {
    roots: policy.roots,
    base: policy.roots.project ?? "/",
    lookup: (word) => (/^[\w.+-]+$/.test(word) ? `/usr/bin/${word}` : null),
    resolve: lexicalTarget,
    classify: (target) => classifyTarget(policy, target),
  };
}

function hasExamples({ examples }: PolicyRule): boolean {
  return examples.match.length > 0 || examples.not_match.length > 0;
}

function checkExamples(rule: PolicyRule, state: DecisionState, problems: Problems): void {
  for (const request of rule.examples.match) {
    if (exampleMatches(rule, request, state) !== true) {
      problems.add("POLICY_TEST", rule.at, {
        message: `the rule "${rule.id}" does not match its example ${shown(request)}`,
      });
    }
  }
  for (const request of rule.examples.not_match) {
    if (exampleMatches(rule, request, state) !== false) {
      problems.add("POLICY_TEST", rule.at, {
        message: `the rule "${rule.id}" matches ${shown(request)}, which it must not`,
      });
    }
  }
}

/** A rule that lets through must match every command of a line, one that holds back any; `null` cannot be planned. */
function exampleMatches(rule: PolicyRule, request: PolicyRequest, state: DecisionState): boolean | null {
  const compiled = state.policy.tables[request.capability].all.find((one) => one.rule.id === rule.id);
  if (compiled === undefined) return null;
  try {
    const planned = planRequest({ ...defaultsOf(rule), ...request }, contextOf(state));
    const actions = planned.filter((action) => action.capability === request.capability && action.denyOnly !== true);
    const lets = rule.effect === "allow" || rule.effect === "allow_with_redaction";
    const matched = actions.filter((action) => matchesAction(compiled, action, state)).length;
    return lets ? matched > 0 && matched === actions.length : matched > 0;
  } catch {
    return null;
  }
}

function matchesAction(rule: CompiledRule, action: AtomicAction, state: DecisionState): boolean {
  const facts = factsOf(action, state.policy.roots.fold);
  if (typeof facts === "string") return false;
  return matchedClasses(rule, rule.tests, facts) !== 0 ||
    (rule.tightenTests !== null && matchedClasses(rule, rule.tightenTests, facts) !== 0);
}

/** An example shows one matcher; what the rule demands besides is filled in. */
function defaultsOf({ match }: PolicyRule): Partial<PolicyRequest> {
  const { classification = [], tier = [], skill, tainted, staged, methods, ports } = match;
  const [trust] = skill?.trust ?? [];
  const [id] = skill?.id ?? [];
  return {
    ...(tainted === "true" ? { tainted: true } : {}),
    ...(staged === undefined ? {} : { staged }),
    ...(classification.length === 0 || classification.includes("private") ? {} : { class: classification.slice(0, 1) }),
    ...(tier[0] === undefined ? {} : { tier: tier[0] }),
    ...(methods?.[0] === undefined ? {} : { method: methods[0] }),
    ...(ports?.[0] === undefined ? {} : { port: ports[0] }),
    ...(skill === undefined ? {} : { skill: id?.replaceAll("*", "x") ?? "example" }),
    ...(trust === undefined ? {} : { trust }),
  };
}

function shown(request: PolicyRequest): string {
  const { capability: _, ...rest } = request;
  return JSON.stringify(rest).slice(0, 120);
}

/** Says what a test wants. */
export function describeExpected({ expect, rule }: PolicyTest): string {
  return rule === undefined ? expect : `${expect} by ${rule === null ? "no rule" : `"${rule}"`}`;
}

/** Says what was decided, and by which rule. */
export function describeVerdict({ decision, rule }: Verdict): string {
  return `${decision} by ${rule === null ? "no rule" : `"${rule}"`}`;
}
