import { describeProblem, type Generation } from "../../policy/mod.ts";

/**
 * Says what a person should know about the policy before a session begins.
 *
 * @param generation The policy in force.
 * @param project Root of the project, or `null`.
 * @returns One sentence, or `null` when all is as it should be.
 */
export function policyNotice(generation: Generation, project: string | null): string | null {
  if (project === null) {
    return "no project here: only the built-in rules decide, and nothing is allowed (agentzero init)";
  }
  const why = brokenPolicy(generation);
  if (generation.state === "deny_all") return `everything is denied: ${why} (agentzero policy check)`;
  if (generation.state === "degraded") {
    return `an older policy is in force and all but reading asks: ${why} (agentzero policy check)`;
  }
  const own = generation.layers.find(({ layer }) => layer === "project");
  if (own === undefined || own.sha256 === null) {
    return "the project has no policy, so nothing is allowed (agentzero init)";
  }
  return own.grants ? null : "the project's policy is not trusted: it can only deny (agentzero policy trust)";
}

/**
 * Says which policy does not load, where, and why.
 *
 * @param generation The policy in force.
 * @returns A part of a sentence.
 */
export function brokenPolicy({ layers }: Generation): string {
  for (const { layer, problems } of layers) {
    const problem = problems.find(({ level }) => level === "error");
    if (problem !== undefined) return `the ${layer} policy does not load: ${describeProblem(problem)}`;
  }
  return "a policy does not load";
}
