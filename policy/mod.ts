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
export { type AddressClass, classifyAddress } from "./actions/address-class.ts";
export { formatAddress, parseAddress } from "./actions/addresses.ts";
export { type ParsedUrl, parseUrl } from "./actions/hosts.ts";
export { resolvePath } from "./actions/paths.ts";
export { placeText } from "./actions/place-text.ts";
export { type CommandForm, type CommandInput, type CommandPlan, parseCommand } from "./actions/shell.ts";
export { showWord } from "./actions/words.ts";
export { bundleFile, type BundleLayer, type BundleStore, type PolicyBundle, readBundle } from "./bundle.ts";
export type { PolicyLayer } from "./compiled-policy.ts";
export * from "./diff.ts";
export * from "./describe-problem.ts";
export * from "./document.ts";
export { describeExpected, type TestResult } from "./embedded-tests.ts";
export * from "./engine-types.ts";
export { openPolicy } from "./engine.ts";
export * from "./errors.ts";
export { hintOf } from "./explain-command.ts";
export { permissionDigest, scopesFor } from "./grants.ts";
export * from "./lint.ts";
export * from "./live-layers.ts";
export * from "./load-document.ts";
export { type MacUse, openJson, sealJson } from "./mac.ts";
export type { Matchers, SkillMatcher, WordChoice, WordPattern } from "./matchers.ts";
export { parsePolicyTests } from "./parse-policy.ts";
export type { PathRoots } from "./path-syntax.ts";
export { createPermits, type PermitDesk, type PermitTerms } from "./permits.ts";
export type { PolicyRequest } from "./policy-request.ts";
export { DEFAULT_TIER } from "./default-tier.ts";
export { isRefusedTarget, planRequest, type RequestContext } from "./requests.ts";
export * from "./schema.ts";
export { matchSkillGlob } from "./skill-glob.ts";
export { projectPolicyFile, readPolicyFile, type SourceState } from "./sources.ts";
export { readStateText, type Stamp, stampOf, withLock, writeStateText } from "./state-file.ts";
export type { ApprovedAction, PolicySuggestion } from "./suggest.ts";
export * from "./templates.ts";
export type { QualityOptions, Survivor, TestQuality } from "./test-quality.ts";
export * from "./trust.ts";
export { compareVerdicts, type RankedVerdict } from "./worst-verdict.ts";
