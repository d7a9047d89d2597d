import { shape } from "../../core/mod.ts";
import type { GrantedSkill, LoadedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { SessionSkills } from "../skills/session-skills.ts";
import { loadAction, skillGuest, skillSource, skillTitle } from "../skills/skill-guest.ts";
import { quietPreview } from "./present.ts";
import type { ToolEntry } from "./registry.ts";
import { defineTool, type Plan, type PlanContext, type Tool } from "./tool.ts";

const ARGS = shape.object({ name: shape.string({ min: 1, max: 128 }) });

/**
 * Makes the tool that loads a skill: its text and the names of its files. A skill that runs can then be called by its
 * name, from the next reply on.
 *
 * @param skills The skills of the session.
 * @returns The entry for the registry.
 */
export function useSkillTool(skills: SessionSkills): ToolEntry {
  const tool: Tool = {
    ...defineTool({
      name: "use_skill",
      description: "Loads a skill: gives its text and the names of its files. A skill that runs is a tool of its own " +
        'name from the next reply on. Its files are read with `read {path: "skill:NAME/PATH"}`.',
      trust: "skill",
      readOnly: true,
      args: ARGS,
      plan(): Plan {
        throw new SessionError("PLAN_FAILED", "Cannot plan: a skill is loaded first");
      },
    }),
    async planLater(args, context): Promise<Plan> {
      const decoded = ARGS.safeParse(args);
      if (!decoded.success) {
        throw new SessionError("ARGS_INVALID", `Cannot read arguments of "use_skill": expected {"name": "…"}`);
      }
      // Some spell it as their own id; the name is what counts here.
      const { name } = decoded.data;
      const loaded = await skills.library.load(name);
      return planUse(skills, loaded, context);
    },
  };
  return { name: "use_skill", trust: "skill", readOnly: true, load: () => Promise.resolve(tool) };
}

function planUse(skills: SessionSkills, loaded: LoadedSkill, context: PlanContext): Plan {
  const { skill } = loaded;
  const { record } = skillGuest(skill, context);
  return {
    title: `Use skill ${skillTitle(skill)}`,
    tier: "none",
    actions: [loadAction(skill, context, skill.name)],
    handles: [],
    record,
    ...(loaded.text === "changed" ? { unasked: changedText(skill) } : {}),
    prepare: () =>
      Promise.resolve({
        effect: {
          backend: "routine",
          tier: "none",
          spec: { op: "use-skill", name: skill.name, text: skill.textDigest, fingerprint: skill.fingerprint },
          guest: null,
          run() {
            skills.activate(loaded);
            loaded.activated();
            return Promise.resolve({ output: textOf(skill), error: null, sources: [], classes: [], truncated: false });
          },
          present: (value) => ({ ...value, sources: [skillSource(skill)] }),
        },
        preview: quietPreview(`${skillTitle(skill)}, ${skill.textDigest}\n\n${skill.text}`),
        before: null,
        after: skill.textDigest,
      }),
  };
}

function changedText(skill: GrantedSkill): NonNullable<Plan["unasked"]> {
  return {
    code: "CONTENT_CHANGED",
    message:
      `Cannot use skill "${skill.name}": its text is not the one that was approved, and nobody can be asked here`,
    hint: `look at it, then use it in agentzero chat: /skill ${skill.name}`,
  };
}

function textOf(skill: GrantedSkill): string {
  const files = skill.files.filter(({ path }) => path !== "SKILL.md");
  const lines = [skill.text.trim()];
  if (files.length > 0) {
    lines.push("", "Files:", ...files.map(({ path, size }) => `- skill:${skill.name}/${path} (${size} bytes)`));
  }
  if (skill.runtime !== "none") lines.push("", `The tool "${skill.name}" can be called from the next reply on.`);
  return lines.join("\n");
}
