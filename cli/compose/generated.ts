import type { PolicyEngine } from "../../policy/mod.ts";
import { type GeneratedSetup, setUpGenerated } from "../../session/mod.ts";
import { type GeneratedTools, openGenerated } from "../../skills/mod.ts";
import type { CommandContext } from "../context.ts";
import type { Installation } from "./installation.ts";
import { sessionLibrary } from "./skills.ts";

/**
 * Opens the generated tools of a project.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param project Real path of the project.
 * @returns The tools.
 */
export function projectTools(context: CommandContext, installation: Installation, project: string): GeneratedTools {
  const { clock, random } = context.system;
  return openGenerated({ home: installation.home, keys: installation.keys, project, clock, random });
}

/**
 * Prepares the generated tools of a session.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @param of The project and its open policy.
 * @returns What makes them.
 */
export function sessionGenerated(
  context: CommandContext,
  installation: Installation,
  of: { readonly project: string; readonly policy: PolicyEngine },
): GeneratedSetup {
  const library = sessionLibrary(context, installation, of);
  return setUpGenerated({
    registry: projectTools(context, installation, of.project),
    holder(name): string | null {
      const found = library.find(name);
      return found === null || found.place === "generated" ? null : `the skill ${found.id}`;
    },
  });
}
