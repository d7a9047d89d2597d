import { type LiveLayers, openLayers, openPolicy, type PolicyEngine, type PolicyOptions } from "../../../policy/mod.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { SYSTEM_POLICY } from "../../compose/project-policy.ts";
import type { CommandContext } from "../../context.ts";
import { requireProject } from "../../project-root.ts";

/** What the policy commands work on. */
export interface PolicyParts {
  readonly installation: Installation;
  /** Real path of the project, or `null` where a command needs none. */
  readonly project: string | null;
  readonly options: PolicyOptions;
}

/**
 * Opens home and keys, and gathers what policy needs.
 *
 * @param context The command's context.
 * @param project Real path of the project, or `null`.
 * @returns The parts; nothing is loaded yet.
 */
export async function openPolicyParts(context: CommandContext, project: string | null): Promise<PolicyParts> {
  const installation = await openInstallation(context);
  const options: PolicyOptions = {
    project,
    home: installation.home,
    userHome: context.userHome,
    tmp: installation.facts.host.tmp,
    systemFile: SYSTEM_POLICY,
    mode: "ask",
    clock: context.system.clock,
    random: context.system.random,
    keys: installation.keys,
    // These commands look; what a session keeps for its next start is the session's.
    readOnlyState: true,
  };
  return { installation, project, options };
}

/** Opens the engine of the project at hand, to ask it. */
export async function openEngine(context: CommandContext): Promise<PolicyParts & { readonly engine: PolicyEngine }> {
  const parts = await openPolicyParts(context, requireProject(context));
  return { ...parts, engine: await openPolicy(parts.options) };
}

/** Loads the layers of a project, to look at them. */
export async function openLive(
  context: CommandContext,
  project: string | null,
): Promise<PolicyParts & { readonly live: LiveLayers }> {
  const parts = await openPolicyParts(context, project);
  return { ...parts, live: await openLayers(parts.options) };
}
