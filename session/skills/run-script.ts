import { resolvePath } from "../../policy/mod.ts";
import {
  findScriptPrograms,
  PROCESS_BOUNDS,
  type ProcessSpec,
  type ProcessValue,
  SANDBOX_BOUNDS,
  type ScriptPrograms,
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
 * was granted, of the system's programs only its interpreter and those that were granted, no network, no secrets,
 * arguments fixed, the input on stdin. What it changed is decided file by file, with the skill as actor.
 *
 * @param skill The skill.
 * @param run Its input.
 * @returns The effect.
 * @throws {SessionError} `NOT_EXECUTABLE` without an entry script, `LIMIT_SIZE`, `EXEC_DENIED`.
 * @throws {SandboxError} `EXEC_DENIED` when a program is not installed.
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
  const programs = programsOf(skill, entry, context);
  const mount = mountOf(skill, programs, context);
  return {
    effect: {
      backend: "process",
      spec: specOf(skill, mount, { context, input, hidden, stageDir, programs, entry }),
      present: (value) => present(skill, value, { hidden, programs }),
    },
    preview: quietPreview(
      [
        `run ${entry} of ${skillTitle(skill)} with ${programs.interpreter}`,
        ...programs.programs.slice(1).map((path) => `may start ${path}`),
        ...mount.read.map((path) => `reads ${path}`),
        ...mount.write.map((path) => `may change ${path}`),
        `input ${input.slice(0, 4_000)}`,
      ].join("\n"),
    ),
    before: null,
    after: null,
  };
}

function programsOf(skill: GrantedSkill, entry: string, context: PlanContext): ScriptPrograms {
  const granted = skill.permissions.exec;
  if (!granted.includes(`skill:${entry}`)) {
    throw new SessionError("EXEC_DENIED", `Cannot run "${skill.name}": its script ${entry} was not approved`, {
      hint: "install it again and leave that line in",
    });
  }
  const named = granted.flatMap((atom) => (atom.startsWith("tool:") ? [atom.slice("tool:".length)] : []));
  return findScriptPrograms(skill.file(entry) ?? "", { named, toolchains: context.toolchains });
}

function mountOf(skill: GrantedSkill, { programs }: ScriptPrograms, context: PlanContext): SkillMount {
  const { permissions } = skill;
  const write = sharesOf(permissions["fs.write"], context);
  return {
    files: skill.files.flatMap(({ path }) => {
      const bytes = skill.file(path);
      return bytes === null ? [] : [{ path, bytes, exec: path === skill.entry }];
    }),
    programs,
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
    readonly programs: ScriptPrograms;
    readonly entry: string;
  },
): ProcessSpec {
  const { context, input, hidden, stageDir, entry } = run;
  const { interpreter, words } = run.programs;
  const { memory, output } = skill.permissions.limits;
  const wallMs = skill.permissions.limits["wall-ms"];
  const shared = [...mount.read, ...mount.write];
  function isShared(path: string): boolean {
    return shared.some((share) => path === share || path.startsWith(`${share}/`));
  }
  return {
    op: "process",
    form: { kind: "argv", argv: [interpreter, ...words, `/skill/${entry}`], program: interpreter },
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

// What shells say of a program that cannot be started, or is not there.
const NOT_STARTED: readonly (number | null)[] = [126, 127];

function present(
  skill: GrantedSkill,
  value: ProcessValue,
  run: { readonly hidden: HiddenPaths; readonly programs: ScriptPrograms },
): Presented {
  return {
    output: new TextDecoder().decode(value.output),
    truncated: value.truncated,
    sources: [skillSource(skill)],
    classes: run.hidden.classes,
    error: failureOf(skill, value, run.programs),
    exit: value.exit,
  };
}

function failureOf(skill: GrantedSkill, value: ProcessValue, { programs }: ScriptPrograms): Presented["error"] {
  const { ended, exit, notes } = value;
  if (ended !== null) return { code: ended.code, message: ended.reason, hint: ended.hint };
  if (exit === 0) return null;
  if (NOT_STARTED.includes(exit)) {
    return {
      code: "EXEC_DENIED",
      message:
        `Skill "${skill.name}" failed: its script tried to start a program that was not approved, or is not there`,
      hint: `it may start ${programs.join(" ")}; its author lists others as tool:PROGRAM in az.perm.exec`,
    };
  }
  return {
    code: "TOOL_ERROR",
    message: `Skill "${skill.name}" failed: its script ended with ${exit ?? "a signal"}`,
    hint: notes.length > 0 ? notes.join(" ") : null,
  };
}
