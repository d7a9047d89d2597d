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
export * from "./decide.ts";
export * from "./document.ts";
export * from "./engine.ts";
export * from "./engine-types.ts";
export * from "./errors.ts";
export * from "./grants.ts";
export * from "./load-document.ts";
export * from "./parse-policy.ts";
export * from "./permits.ts";
export * from "./problems.ts";
export * from "./requests.ts";
export * from "./skill-glob.ts";
export * from "./templates.ts";
export * from "./trust.ts";
