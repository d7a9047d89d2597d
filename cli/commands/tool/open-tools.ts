import type { PolicyEngine } from "../../../policy/mod.ts";
import type { GeneratedTools } from "../../../skills/mod.ts";
import { projectTools } from "../../compose/generated.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { openProjectPolicy } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { requireProject } from "../../project-root.ts";
import { badUsage } from "../../usage.ts";

/** The tools of the project that a command works on. */
export interface OpenTools {
  readonly project: string;
  readonly installation: Installation;
  readonly tools: GeneratedTools;
}

/**
 * Opens the generated tools of the project.
 *
 * @param context The command's context.
 * @returns The tools.
 * @throws {CliError} `NO_PROJECT`, `PROJECT_UNSAFE`, `HOME_UNSAFE`.
 */
export async function openTools(context: CommandContext): Promise<OpenTools> {
  const project = requireProject(context);
  const installation = await openInstallation(context);
  return { project, installation, tools: projectTools(context, installation, project) };
}

/** The policy in force, for the record of a change. */
export function policyOf(context: CommandContext, { installation, project }: OpenTools): Promise<PolicyEngine> {
  return openProjectPolicy(context, installation, { project, mode: "ask", readOnlyState: true });
}

/**
 * Reads the number of a version.
 *
 * @param text As it was typed: `2` or `v2`.
 * @returns The number; `null` where none was given.
 * @throws {CliError} `USAGE`.
 */
export function versionNumber(text: string | undefined): number | null {
  if (text === undefined) return null;
  const digits = /^v?([1-9]\d{0,8})$/u.exec(text)?.[1];
  if (digits === undefined) throw badUsage(`Cannot use version "${text.slice(0, 40)}": it is no number`, "e.g. 1");
  return Number(digits);
}
