import type { GrantedSkill } from "../../skills/mod.ts";
import type { CallFailure } from "../call.ts";

/**
 * Reads from the report of a built-in skill whether what it found is as grave as `fail_on` says. Reports of other skills
 * are their own affair.
 *
 * @param skill Whose report it is.
 * @param output The report.
 * @returns The failure, or `null`.
 */
export function judgeFindings(skill: Pick<GrantedSkill, "actor" | "name">, output: string | null): CallFailure | null {
  if (!skill.actor.id.startsWith("agentzero/") || output === null) return null;
  const report = parse(output);
  if (report === null || report["failed"] !== true) return null;
  return {
    code: "TOOL_ERROR",
    message: `Skill "${skill.name}" found what "fail_on" names: see its report`,
    hint: null,
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
