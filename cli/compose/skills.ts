import type { PolicyEngine } from "../../policy/mod.ts";
import { setUpSkills, type SkillsSetup, TOOL_NAMES } from "../../session/mod.ts";
import {
  BUILTIN_TOOL_NAMES,
  builtinSkills,
  generatedAsSkills,
  openGenerated,
  openSkills,
  type OtherSkill,
  type SkillLibrary,
  type SkillsOptions,
} from "../../skills/mod.ts";
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
    others: [...builtinSkills(), ...of.project === null ? [] : generatedTools(context, installation, of.project)],
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
  return setUpSkills(sessionLibrary(context, installation, of));
}

/** Generated tools keep their names among skills, and are listed with them. */
function generatedTools(
  context: CommandContext,
  { home, keys }: Installation,
  project: string,
): readonly OtherSkill[] {
  const { clock, random } = context.system;
  return generatedAsSkills(openGenerated({ home, keys, project, clock, random }));
}

/**
 * Opens the skills that a session may load. Generated tools are offered as tools of their own, not listed with them.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @returns The library.
 */
export function sessionLibrary(
  context: CommandContext,
  installation: Installation,
  of: { readonly project: string | null; readonly policy: PolicyEngine },
): SkillLibrary {
  const { project, policy } = of;
  const options = skillsOptions(context, installation, { project: null, policy });
  return openSkills({ ...options, project });
}
