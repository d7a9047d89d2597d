import { openPolicy, type PolicyEngine, type SessionMode } from "../../policy/mod.ts";
import type { CommandContext } from "../context.ts";
import type { Installation } from "./installation.ts";

/** The policy of the machine. */
export const SYSTEM_POLICY = "/etc/agentzero/policy.yml";

/**
 * Opens policy for a project, or the floor and the person's own rules where there is none.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param options Root of the project, mode, and whether `.agentzero/state` stays as it is.
 * @returns The engine.
 */
export function openProjectPolicy(
  context: CommandContext,
  installation: Installation,
  options: { readonly project: string | null; readonly mode: SessionMode; readonly readOnlyState?: boolean },
): Promise<PolicyEngine> {
  return openPolicy({
    project: options.project,
    home: installation.home,
    userHome: context.userHome,
    tmp: installation.facts.host.tmp,
    systemFile: SYSTEM_POLICY,
    mode: options.mode,
    clock: context.system.clock,
    random: context.system.random,
    keys: installation.keys,
    readOnlyState: options.readOnlyState ?? false,
  });
}
