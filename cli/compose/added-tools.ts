import type { PolicyEngine } from "../../policy/mod.ts";
import type { GeneratedSetup, SkillsSetup } from "../../session/mod.ts";
import type { CommandContext } from "../context.ts";
import type { Installation } from "./installation.ts";
import type { SessionRequest } from "./session-request.ts";

/** Tools that a session may gain. */
export interface AddedTools {
  readonly skills?: SkillsSetup;
  readonly generated?: GeneratedSetup;
}

/**
 * Prepares skills and generated tools for a session that may use them; a single call loads neither.
 *
 * @param context The command's context.
 * @param of What the front door wants, and where.
 * @returns What sets them up.
 */
export async function addedTools(
  context: CommandContext,
  of: {
    readonly request: Pick<SessionRequest, "front" | "skills" | "generated">;
    readonly installation: Installation;
    readonly project: string | null;
    readonly policy: PolicyEngine;
  },
): Promise<AddedTools> {
  const { request, installation, project, policy } = of;
  const wantsSkills = request.front !== "call" || request.skills === true;
  const skills = typeof request.skills === "function"
    ? request.skills
    : wantsSkills
    ? (await import("./skills.ts")).sessionSkills(context, installation, { project, policy })
    : null;
  const wantsGenerated = request.front !== "call" || request.generated === true;
  const generated = project !== null && wantsGenerated
    ? (await import("./generated.ts")).sessionGenerated(context, installation, { project, policy })
    : null;
  return { ...(skills === null ? {} : { skills }), ...(generated === null ? {} : { generated }) };
}
