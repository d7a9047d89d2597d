import { isWord } from "../../../core/mod.ts";
import { PolicyError } from "../../../policy/mod.ts";

const CODES = [
  "POLICY_SYNTAX",
  "POLICY_VERSION",
  "POLICY_KEY",
  "POLICY_VALUE",
  "POLICY_LIMIT",
  "POLICY_REF",
  "POLICY_GLOB",
  "POLICY_HOST",
  "POLICY_DUPLICATE",
  "POLICY_TEST",
] as const;

/** The part of a problem that a message needs. */
type Problem = { readonly code: string; readonly line: number; readonly message: string } | undefined;

/**
 * Makes the error for a policy file that does not load: with the code of its first problem, its line and what is wrong.
 *
 * @param action What could not be done, e.g. `lint "policy.yml"`.
 * @param problem The first problem.
 * @param hint What to do.
 * @returns The error.
 */
export function unloadable(action: string, problem: Problem, hint: string): PolicyError {
  const seen = problem === undefined ? "it does not load" : `line ${problem.line}: ${problem.message}`;
  const code = problem !== undefined && isWord(CODES, problem.code) ? problem.code : "POLICY_SYNTAX";
  return new PolicyError(code, `Cannot ${action}: ${seen}`, { hint });
}
