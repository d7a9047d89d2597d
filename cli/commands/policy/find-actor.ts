import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SkillActor } from "../../../core/mod.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Finds who a name stands for: a generated tool of this project is one, whatever it is called.
 *
 * @param name What stood behind `--skill` or `--package`.
 * @param project Real path of the project.
 * @returns The actor without permissions, or `null` when the name says nothing by itself.
 */
export function findActor(name: string, project: string): SkillActor | null {
  if (!NAME.test(name) || !existsSync(join(project, PROJECT_FOLDER, "skills", name, "active.json"))) return null;
  return {
    id: `generated:${name}`,
    version: null,
    publisher: null,
    digest: null,
    trust: "generated",
    permissions: null,
    roots: {},
  };
}
