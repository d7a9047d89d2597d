import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SkillActor } from "../../../core/mod.ts";
import { BUILTIN_PINS, loadBuiltin } from "../../../skills/mod.ts";
import { PROJECT_FOLDER } from "../../project-root.ts";

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Finds who a name stands for: a generated tool of this project is one, whatever it is called, then a built-in skill.
 *
 * @param name What stood behind `--skill` or `--package`.
 * @param project Real path of the project.
 * @returns The actor, a generated tool without permissions, or `null` when the name says nothing by itself.
 */
export function findActor(name: string, project: string): SkillActor | null {
  if (!NAME.test(name)) return null;
  if (!existsSync(join(project, PROJECT_FOLDER, "skills", name, "active.json"))) {
    const pin = BUILTIN_PINS.find((one) => one.name === name);
    // As a session runs it: in this project.
    return pin === undefined ? null : { ...loadBuiltin(pin).actor, roots: { workspace: project } };
  }
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
