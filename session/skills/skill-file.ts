import { b2, CoreError } from "../../core/mod.ts";
import { fileType } from "../../sandbox/mod.ts";
import type { GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import { quietPreview } from "../tools/present.ts";
import type { ToolEntry } from "../tools/registry.ts";
import type { Plan, PlanContext, Tool } from "../tools/tool.ts";
import { decodeText } from "../tools/write-effect.ts";
import type { SessionSkills } from "./session-skills.ts";
import { loadAction, skillGuest, skillSource } from "./skill-guest.ts";

const PATH = /^skill:([a-z0-9-]{1,64})\/(.{1,200})$/su;

/**
 * Lets `read` also read files of skills, `skill:NAME/PATH`: slices of what was verified, never a path on disk.
 *
 * @param entry The tool `read`.
 * @param skills The skills of the session.
 * @returns The tool that knows both.
 */
export function readWithSkills(entry: ToolEntry, skills: SessionSkills): ToolEntry {
  async function load(): Promise<Tool> {
    const tool = await entry.load();
    return {
      ...tool,
      async planLater(args, context): Promise<Plan> {
        const asked = pathOf(args);
        const found = asked === null ? null : PATH.exec(asked);
        if (asked === null || !asked.startsWith("skill:")) return tool.plan(args, context);
        if (found === null) {
          throw new SessionError("ARGS_INVALID", `Cannot read "${asked.slice(0, 120)}": expected skill:NAME/PATH`);
        }
        const skill = await skills.library.loadForRun(found[1] ?? "");
        return planFile(skill, found[2] ?? "", { args, context });
      },
    };
  }
  return { ...entry, load };
}

function pathOf(args: unknown): string | null {
  if (typeof args !== "object" || args === null || !("path" in args)) return null;
  return typeof args.path === "string" ? args.path : null;
}

function planFile(
  skill: GrantedSkill,
  path: string,
  call: { readonly args: unknown; readonly context: PlanContext },
): Plan {
  const { context } = call;
  const bytes = skill.file(path);
  if (bytes === null) {
    throw new SessionError("NOT_FOUND", `Cannot read "skill:${skill.name}/${path}": the skill has no such file`, {
      hint: `its files: ${skill.files.map((file) => file.path).slice(0, 20).join(", ")}`,
    });
  }
  const { record } = skillGuest(skill, context);
  const shown = `skill:${skill.name}/${path}`;
  return {
    title: `Read ${shown}`,
    tier: "none",
    // The files belong to the text: who may load the one may read the others.
    actions: [loadAction(skill, context, shown)],
    handles: [],
    record,
    prepare: () =>
      Promise.resolve({
        effect: {
          backend: "routine",
          tier: "none",
          spec: { op: "skill-file", name: skill.name, path, fingerprint: skill.fingerprint },
          guest: null,
          run: () =>
            Promise.resolve({
              output: linesOf(bytes, call.args),
              error: null,
              sources: [],
              classes: [],
              truncated: false,
            }),
          present: (value) => ({ ...value, trust: "skill", sources: [`${skillSource(skill)} ${path}`] }),
        },
        preview: quietPreview(`read ${shown}`),
        before: null,
        after: null,
      }),
  };
}

function linesOf(bytes: Uint8Array, args: unknown): string {
  const text = decodeText(bytes);
  if (text === null || text.includes("\0")) {
    return `binary file: ${bytes.length} bytes, ${fileType(bytes)}, ${b2(bytes)}`;
  }
  const { offset, limit } = numbersOf(args);
  if (offset === 1 && limit === null) return text;
  return text.split("\n").slice(offset - 1, limit === null ? undefined : offset - 1 + limit).join("\n");
}

function numbersOf(args: unknown): { readonly offset: number; readonly limit: number | null } {
  const given: Readonly<Record<string, unknown>> = typeof args === "object" && args !== null ? { ...args } : {};
  const { offset = 1, limit = null } = given;
  if (
    !Number.isSafeInteger(offset) || Number(offset) < 1 ||
    (limit !== null && !(Number.isSafeInteger(limit) && Number(limit) >= 1))
  ) {
    throw new CoreError("ARGS_INVALID", 'Cannot read arguments of "read": offset and limit are numbers from 1');
  }
  return { offset: Number(offset), limit: limit === null ? null : Number(limit) };
}
