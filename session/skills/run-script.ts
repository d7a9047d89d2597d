import { resolvePath } from "../../policy/mod.ts";
import {
  PROCESS_BOUNDS,
  type ProcessSpec,
  type ProcessValue,
  SANDBOX_BOUNDS,
  type SkillMount,
} from "../../sandbox/mod.ts";
import type { GrantedSkill } from "../../skills/mod.ts";
import { SessionError } from "../errors.ts";
import type { HiddenPaths } from "../hidden-paths.ts";
import { quietPreview } from "../tools/present.ts";
import type { PlanContext, Prepared, Presented } from "../tools/tool.ts";
import { skillSource, skillTitle } from "./skill-guest.ts";

/**
 * Prepares a run of a skill's script: its files from the verified archive in a private folder, of the project only what
 * was granted, no network, no secrets, arguments fixed, the input on stdin. What it changed is decided file by file, with
 * the skill as actor.
 *
 * @param skill The skill.
 * @param run Its input.
 * @returns The effect.
 * @throws {SessionError} `NOT_EXECUTABLE` without an entry script, `LIMIT_SIZE`.
 */
export function prepareScript(
  skill: GrantedSkill,
  run: { readonly input: string; readonly context: PlanContext; readonly stageDir: string },
): Prepared {
  const { entry } = skill;
  const { context, input, stageDir } = run;
  if (entry === null) throw new SessionError("NOT_EXECUTABLE", `Cannot run "${skill.name}": it names no script`);
  const hidden = context.hidden();
  if (hidden.problem !== null) {
    throw new SessionError("LIMIT_SIZE", hidden.problem.reason, { hint: hidden.problem.hint });
  }
  const mount = mountOf(skill, context);
  return {
    effect: {
      backend: "process",
      spec: specOf(skill, mount, { context, input, hidden, stageDir, program: `/skill/${entry}` }),
      present: (value) => present(skill, value, hidden),
    },
    preview: quietPreview(
      [
        `run ${entry} of ${skillTitle(skill)}`,
        ...mount.read.map((path) => `reads ${path}`),
        ...mount.write.map((path) => `may change ${path}`),
        `input ${input.slice(0, 4_000)}`,
      ].join("\n"),
    ),
    before: null,
    after: null,
  };
}

function mountOf(skill: GrantedSkill, context: PlanContext): SkillMount {
  const { permissions } = skill;
  const write = sharesOf(permissions["fs.write"], context);
  return {
    files: skill.files.flatMap(({ path }) => {
      const bytes = skill.file(path);
      return bytes === null ? [] : [{ path, bytes, exec: path === skill.entry }];
    }),
    read: sharesOf(permissions["fs.read"], context),
    write,
  };
}

/** The real paths behind atoms `workspace:FILE` and `workspace:DIR/**`; what leads out of the project is left out. */
function sharesOf(atoms: readonly string[], { project }: PlanContext): readonly string[] {
  return atoms.flatMap((atom) => {
    const path = /^workspace:([^*]*?)(?:\/?\*\*)?$/u.exec(atom)?.[1];
    if (path === undefined) return [];
    const target = resolvePath(path === "" ? "." : path, project);
    // Threat: a link in the project that makes a granted name stand for something else.
    return target.real === target.lexical ? [target.real] : [];
  });
}

function specOf(
  skill: GrantedSkill,
  mount: SkillMount,
  run: {
    readonly context: PlanContext;
    readonly input: string;
    readonly hidden: HiddenPaths;
    readonly stageDir: string;
    readonly program: string;
  },
): ProcessSpec {
  const { context, input, hidden, stageDir, program } = run;
  const { memory, output } = skill.permissions.limits;
  const wallMs = skill.permissions.limits["wall-ms"];
  const shared = [...mount.read, ...mount.write];
  function isShared(path: string): boolean {
    return shared.some((share) => path === share || path.startsWith(`${share}/`));
  }
  return {
    op: "process",
    form: { kind: "argv", argv: [program], program },
    cwd: context.project,
    project: context.project,
    stageDir,
    stage: true,
    // A mask needs a place: what is not there needs none.
    hidden: { files: hidden.files.filter(isShared), dirs: hidden.dirs.filter(isShared) },
    readOnlyPaths: context.toolchains,
    env: {},
    secrets: {},
    gitIdentity: null,
    stdin: new TextEncoder().encode(input),
    skill: mount,
    timeoutMs: Math.min(wallMs ?? context.limits.timeoutMs.usual, SANDBOX_BOUNDS.timeoutMs.max),
    limits: {
      ...context.limits.process,
      ...(memory === undefined ? {} : { memoryBytes: Math.min(memory, PROCESS_BOUNDS.memoryBytes.max) }),
      ...(output === undefined ? {} : { outputBytes: Math.min(output, PROCESS_BOUNDS.outputBytes.max) }),
    },
  };
}

function present(skill: GrantedSkill, value: ProcessValue, hidden: HiddenPaths): Presented {
  const ended = value.ended;
  return {
    output: new TextDecoder().decode(value.output),
    truncated: value.truncated,
    sources: [skillSource(skill)],
    classes: hidden.classes,
    error: ended !== null ? { code: ended.code, message: ended.reason, hint: ended.hint } : value.exit === 0 ? null : {
      code: "TOOL_ERROR",
      message: `Skill "${skill.name}" failed: its script ended with ${value.exit ?? "a signal"}`,
      hint: value.notes.length > 0 ? value.notes.join(" ") : null,
    },
    exit: value.exit,
  };
}
