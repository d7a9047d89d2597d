import { isWord } from "../../../core/mod.ts";
import { describeProblem, PolicyError } from "../../../policy/mod.ts";

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
  "POLICY_PERM",
  "POLICY_READ",
] as const;

/** The part of a problem that a message needs. */
type Problem = {
  readonly code: string;
  readonly line: number;
  readonly message: string;
  readonly hint: string | null;
} | undefined;

/**
 * Makes the error for a policy file that does not load: with the code of its first problem, its line and what is wrong;
 * for a file that cannot be read, what to do about it.
 *
 * @param action What could not be done, e.g. `lint "policy.yml"`.
 * @param problem The first problem.
 * @param hint What to do about a line.
 * @returns The error.
 */
export function unloadable(action: string, problem: Problem, hint: string): PolicyError {
  if (problem === undefined) return new PolicyError("POLICY_SYNTAX", `Cannot ${action}: it does not load`, { hint });
  const code = isWord(CODES, problem.code) ? problem.code : "POLICY_SYNTAX";
  // A closer look at a file that cannot be read shows nothing more.
  const advice = code === "POLICY_PERM" || code === "POLICY_READ" ? problem.hint ?? undefined : hint;
  return new PolicyError(code, `Cannot ${action}: ${describeProblem(problem)}`, { hint: advice });
}
