import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { initProject } from "../../cli/commands/init/init-project.ts";
import type { CommandContext } from "../../cli/context.ts";
import { contextIn } from "../../test/support/context.ts";
import { inFolder } from "./in-folder.ts";

/**
 * Gives a measurement a new project with the default policy and a home of its own, and removes both afterwards.
 *
 * @param work What needs it; gets the context of a command in it, and the project's real path.
 * @returns What the work returned.
 */
export async function inProject<Value>(
  work: (context: CommandContext, project: string) => Promise<Value>,
): Promise<Value> {
  return inFolder(async (folder) => {
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "README.md"), "# Hello\n");
    const context = contextIn(project, join(folder, "home"));
    await initProject(context, "default");
    return work(context, project);
  });
}
