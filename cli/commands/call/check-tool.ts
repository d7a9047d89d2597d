import { readdirSync } from "node:fs";
import { join } from "node:path";
import { nearestName } from "../../../core/mod.ts";
import { TOOL_NAMES } from "../../../session/mod.ts";
import { CliError } from "../../errors.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";

/**
 * Refuses the name of a tool that does not exist before anything is recorded: such a call never became one.
 *
 * @param tool What was typed.
 * @param project Root of the project.
 * @throws {CliError} `TOOL_UNKNOWN` with the nearest name.
 */
export function checkTool(tool: string, project: string): void {
  if (TOOL_NAMES.includes(tool)) return;
  const generated = generatedTools(project);
  if (generated.includes(tool)) return;
  const known = [...TOOL_NAMES, ...generated];
  const near = nearestName(tool, known);
  throw new CliError("TOOL_UNKNOWN", `Cannot call "${tool}": there is no such tool`, {
    hint: near === null ? `tools here: ${known.join(" ")}` : `did you mean "${near}"? tools here: ${known.join(" ")}`,
  });
}

/** Names of generated tools and installed skills, from the folder's listing only. */
function generatedTools(project: string): readonly string[] {
  try {
    return readdirSync(join(project, PROJECT_FOLDER, "skills"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^[a-z0-9][a-z0-9-]*$/.test(entry.name))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
