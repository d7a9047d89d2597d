import { openSkills, type SkillLibrary, type SkillsOptions } from "../../../skills/mod.ts";
import { openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import { skillsOptions } from "../../compose/skills.ts";
import type { CommandContext } from "../../context.ts";
import { findProject } from "../../project-root.ts";
import { trustLocked } from "./act-session.ts";

/** The skills here, for commands that only look. */
export interface OpenLibrary {
  readonly library: SkillLibrary;
  readonly options: SkillsOptions;
}

/**
 * Opens the skills of the project, or of the home alone, to look at them; changes and records nothing.
 *
 * @param context The command's context.
 * @returns The library.
 * @throws {SkillsError} `TRUST_LOCKED`.
 */
export async function openLibrary(context: CommandContext): Promise<OpenLibrary> {
  const project = findProject(context);
  try {
    const installation = await openInstallation(context);
    const policy = await openProjectPolicy(context, installation, { project, mode: "ask", readOnlyState: true });
    context.onExit(() => policy.close());
    const options = skillsOptions(context, installation, { project, policy });
    return { library: openSkills(options), options };
  } catch (cause) {
    throw trustLocked(cause);
  }
}
