/**
 * Policy: reads `policy.yml`, decides atomic actions, remembers answers, mints permits.
 *
 * @example
 * ```ts
 * import { openPolicy } from "../policy/mod.ts";
 *
 * const engine = await openPolicy(options);
 * const verdict = engine.decide(action); // "deny" unless a rule says otherwise
 * ```
 * @module
 */
export * from "./actions/address-class.ts";
export * from "./actions/addresses.ts";
export * from "./actions/hosts.ts";
export * from "./actions/paths.ts";
export * from "./actions/shell.ts";
export * from "./bundle.ts";
export * from "./diff.ts";
export { decide, type DecisionState } from "./decide.ts";
export * from "./document.ts";
export { openPolicy } from "./engine.ts";
export { explain } from "./explain.ts";
export type { Facts } from "./facts.ts";
export type { FloorPlaces } from "./floor.ts";
export {
  type CompiledClassify,
  type CompiledPolicy,
  type CompiledRule,
  compilePolicy,
  type PolicyLayer,
} from "./compile.ts";
export {
  describeExpected,
  describeVerdict,
  runTests,
  stateOf,
  type TestResult,
  worstVerdict,
} from "./embedded-tests.ts";
export * from "./engine-types.ts";
export * from "./errors.ts";
export { permissionDigest, scopesFor } from "./grants.ts";
export type { PathGlob, PathRoots } from "./path-glob.ts";
export type { RuleTable } from "./rule-index.ts";
export { projectPolicyFile, readPolicyFile, type SourceState } from "./sources.ts";
export * from "./lint.ts";
export * from "./live-layers.ts";
export * from "./load-document.ts";
export * from "./parse-policy.ts";
export * from "./permits.ts";
export * from "./problems.ts";
export * from "./requests.ts";
export * from "./schema.ts";
export * from "./skill-glob.ts";
export * from "./templates.ts";
export * from "./test-quality.ts";
export * from "./trust.ts";
export * from "./print-rule.ts";
export * from "./suggest.ts";
