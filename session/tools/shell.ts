import { join } from "node:path/posix";
import { type AtomicAction, type Classification, type SecretTarget, shape } from "../../core/mod.ts";
import { type CommandPlan, parseCommand, resolvePath } from "../../policy/mod.ts";
import { type HostSecret, type ProcessSpec, type ProcessValue, SANDBOX_BOUNDS } from "../../sandbox/mod.ts";
import { SessionError } from "../errors.ts";
import type { HiddenPaths } from "../hidden-paths.ts";
import { shortPath } from "./file-action.ts";
import { quietPreview } from "./present.ts";
import { hostActions, hostSecretActions, hostSecretsOf, hostTargets } from "./shell-hosts.ts";
import { within } from "./tool-limits.ts";
import { defineTool, type PlanContext, type Presented, type Tool } from "./tool.ts";

const FIELDS = shape.object({
  command: shape.optional(shape.string({ min: 1 })),
  argv: shape.optional(shape.list(shape.string(), { min: 1 })),
  cwd: shape.optional(shape.string()),
  timeout_ms: shape.optional(shape.integer({ min: 1, max: SANDBOX_BOUNDS.timeoutMs.max })),
  secrets: shape.optional(shape.record(shape.string({ pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u }), shape.string())),
  hosts: shape.optional(shape.list(shape.string())),
});

type ShellArgs = shape.Output<typeof FIELDS>;

/** Runs a command in the sandbox on a staged view of the project; its file changes are decided afterwards. */
export const shell: Tool = defineTool({
  name: "shell",
  description:
    "Runs a command in a sandbox without network, on a staged view of the project. Any command may be tried: " +
    "the project itself does not change until each file change was decided. The result says which changes were kept. " +
    "`hosts` (name:port) opens single hosts where policy allows them; with them a secret is a placeholder that only its " +
    "host gets replaced.",
  trust: "tool",
  readOnly: false,
  args: shape.checked(
    FIELDS,
    ({ command, argv }) => (command === undefined) !== (argv === undefined),
    "give either `command` or `argv`",
  ),
  plan(args, context) {
    const cwd = resolvePath(args.cwd ?? ".", context.project).real;
    const tainted = isTainted(args, context);
    const hosts = hostTargets(args.hosts ?? []);
    const hostSecrets = hosts.length === 0 ? [] : hostSecretsOf(args.secrets ?? {}, hosts, context);
    const requests = hostActions(hosts, hostSecrets, { context, tainted });
    const parsed = parseCommand({
      ...(args.command === undefined ? {} : { command: args.command }),
      ...(args.argv === undefined ? {} : { argv: args.argv }),
      cwd,
      project: context.project,
      lookup: (word) => context.lookupProgram(word),
      // With hosts it never has the values.
      secrets: args.secrets !== undefined && hosts.length === 0,
      tainted,
    });
    // One name for the life of the plan: what is prepared again after a question is the same run.
    const stageDir = join(context.stageRoot, context.newStageName());
    return {
      title: `Run ${clipped(parsed.text)}`,
      tier: "host-supervised",
      actions: [
        ...parsed.actions,
        ...(hosts.length === 0 ? secretActions(args, parsed, tainted) : hostSecretActions(hostSecrets, tainted)),
        ...requests,
      ],
      handles: Object.values(args.secrets ?? {}),
      prepare() {
        const hidden = hiddenOf(context);
        return Promise.resolve({
          effect: {
            backend: "process",
            spec: processSpec(args, parsed, { context, stageDir, hidden, hostSecrets }),
            present: (value) => present(value, { context, cwd: parsed.cwd, classes: hidden.classes }),
          },
          preview: quietPreview(previewOf(args, parsed, { context, hostSecrets })),
          before: null,
          after: null,
        });
      },
    };
  },
});

// Which program runs, where, with which values and whom it may talk to: all of it decides, none of it is content.
function isTainted(args: ShellArgs, { provenance }: PlanContext): boolean {
  // Only blanks separate words of one command: a line break starts another.
  const words = args.argv ?? (args.command ?? "").split(/[ \t]+/u).filter((word) => word !== "");
  const others = [...(args.cwd === undefined ? [] : [args.cwd]), ...(args.hosts ?? [])];
  for (const [name, handle] of Object.entries(args.secrets ?? {})) others.push(name, handle);
  return provenance.tainted(words) || others.some((word) => provenance.tainted([word]));
}

function clipped(text: string): string {
  return text.length > 100 ? `${text.slice(0, 97).toWellFormed()}...` : text;
}

function previewOf(
  args: ShellArgs,
  parsed: CommandPlan,
  { context, hostSecrets }: { readonly context: PlanContext; readonly hostSecrets: readonly HostSecret[] },
): string {
  const secrets = Object.entries(args.secrets ?? {});
  return [
    parsed.text,
    `in ${shortPath(context.project, parsed.cwd)}`,
    ...(hostSecrets.length > 0 ? [] : secrets.map(([name, handle]) => `with ${name} = ${handle}`)),
    ...hostSecrets.map(({ env, handle, host, slot }) =>
      `with ${env} standing for ${handle}, which only ${host} gets, as ${slot}`
    ),
    ...(args.hosts ?? []).map((host) => `may talk to ${host}`),
    ...(args.timeout_ms === undefined ? [] : [`for at most ${within(context.limits.timeoutMs, args.timeout_ms)} ms`]),
  ].join("\n");
}

// What the read tool would refuse, a command must not see either.
function hiddenOf(context: PlanContext): HiddenPaths {
  const hidden = context.hidden();
  if (hidden.problem === null) return hidden;
  throw new SessionError("LIMIT_SIZE", hidden.problem.reason, { hint: hidden.problem.hint });
}

function processSpec(
  args: ShellArgs,
  parsed: CommandPlan,
  run: {
    readonly context: PlanContext;
    readonly stageDir: string;
    readonly hidden: HiddenPaths;
    readonly hostSecrets: readonly HostSecret[];
  },
): ProcessSpec {
  const { context, stageDir, hidden, hostSecrets } = run;
  return {
    op: "process",
    form: parsed.form,
    cwd: parsed.cwd,
    project: context.project,
    stageDir,
    stage: true,
    hidden: { files: hidden.files, dirs: hidden.dirs },
    readOnlyPaths: context.toolchains,
    env: {},
    secrets: hostSecrets.length > 0 ? {} : args.secrets ?? {},
    ...(hostSecrets.length > 0 ? { hostSecrets } : {}),
    gitIdentity: context.gitIdentity,
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    timeoutMs: within(context.limits.timeoutMs, args.timeout_ms),
    limits: context.limits.process,
  };
}

function secretActions(
  args: ShellArgs,
  parsed: CommandPlan,
  tainted: boolean,
): readonly AtomicAction[] {
  const entries = Object.entries(args.secrets ?? {});
  // Threat: a value in the environment of a second program of the same line.
  if (entries.length > 0 && parsed.form.kind !== "argv") {
    throw new SessionError("ARGS_INVALID", "Cannot give secrets to this command: it is not one simple command", {
      hint: "use `argv`, or one program with plain words",
    });
  }
  // A binding names the program itself, not one of the links that lead to it.
  const program = parsed.form.kind === "argv" ? resolvePath(parsed.form.program, parsed.cwd).real : null;
  return entries.map(([name, handle]): AtomicAction & { readonly target: SecretTarget } => ({
    capability: "secret_handle_usage",
    target: { kind: "secret", handle, inject: `env:${name}`, host: null, port: null, program },
    classes: ["secret"],
    tier: "host-supervised",
    tainted,
    skill: null,
  }));
}

function present(
  value: ProcessValue,
  where: { readonly context: PlanContext; readonly cwd: string; readonly classes: readonly Classification[] },
): Presented {
  const failed = value.exit !== 0;
  const dropped = value.dropped.map(({ relative, why }) => `(dropped ${relative}: ${why})`);
  const text = new TextDecoder().decode(value.output);
  return {
    output: dropped.length === 0
      ? text
      : `${text}${text.endsWith("\n") || text === "" ? "" : "\n"}${dropped.join("\n")}\n`,
    truncated: value.truncated,
    sources: [shortPath(where.context.project, where.cwd)],
    // The output may hold anything that the command could see.
    classes: where.classes,
    error: value.ended !== null
      ? { code: value.ended.code, message: value.ended.reason, hint: value.ended.hint }
      : failed
      ? {
        code: "COMMAND_FAILED",
        message: value.exit === null
          ? "Cannot finish: the command was ended by a signal"
          : `Cannot finish: the command exited with ${value.exit}`,
        hint: value.notes.length > 0 ? value.notes.join(" ") : null,
      }
      : null,
    exit: value.exit,
  };
}
