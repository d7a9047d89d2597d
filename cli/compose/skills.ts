import type { PolicyEngine } from "../../policy/mod.ts";
import { setUpSkills, type SkillsSetup, TOOL_NAMES } from "../../session/mod.ts";
import { BUILTIN_TOOL_NAMES, builtinSkills, openSkills, type SkillsOptions } from "../../skills/mod.ts";
import type { CommandContext } from "../context.ts";
import type { Installation } from "./installation.ts";

/**
 * What the skills of a project are opened with.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @returns The options of `openSkills()`.
 */
export function skillsOptions<Project extends string | null>(
  context: CommandContext,
  installation: Installation,
  of: { readonly project: Project; readonly policy: PolicyEngine },
): SkillsOptions & { readonly project: Project } {
  return {
    home: installation.home,
    keys: installation.keys,
    clock: context.system.clock,
    project: of.project,
    policy: of.policy,
    reserved: [...new Set([...TOOL_NAMES, ...BUILTIN_TOOL_NAMES])],
    others: builtinSkills(),
  };
}

/**
 * Prepares the skills of a session.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @returns What makes them.
 */
export function sessionSkills(
  context: CommandContext,
  installation: Installation,
  of: { readonly project: string | null; readonly policy: PolicyEngine },
): SkillsSetup {
  return setUpSkills(openSkills(skillsOptions(context, installation, of)));
}
