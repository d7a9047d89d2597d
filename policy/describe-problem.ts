import type { PolicyProblem } from "./document.ts";

/** What is wrong with the file itself, not with a line of it. */
const OF_FILE: ReadonlySet<string> = new Set(["POLICY_PERM", "POLICY_READ"]);

/**
 * Says in one line what is wrong with a policy file, and where.
 *
 * @example
 * ```ts
 * describeProblem({ code: "POLICY_KEY", line: 4, message: 'unknown key "alow"' }); // line 4: unknown key "alow"
 * ```
 * @param problem What was found.
 * @returns The text; without a line for a file that cannot be read at all.
 */
export function describeProblem({ code, line, message }: Pick<PolicyProblem, "code" | "line" | "message">): string {
  return OF_FILE.has(code) ? message : `line ${line}: ${message}`;
}
