import { join } from "node:path/posix";
import { type AtomicAction, type SecretTarget, shape } from "../../core/mod.ts";
import { type CommandPlan, parseCommand, resolvePath } from "../../policy/mod.ts";
import {
  DEFAULT_PROCESS_LIMITS,
  findMasked,
  type ProcessSpec,
  type ProcessValue,
  SANDBOX_BOUNDS,
} from "../../sandbox/mod.ts";
import { SessionError } from "../errors.ts";
import { shortPath } from "./file-action.ts";
import { quietPreview } from "./present.ts";
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
    "the project itself does not change until each file change was decided. The result says which changes were kept.",
  trust: "tool",
  readOnly: false,
  args: shape.checked(
    FIELDS,
    ({ command, argv }) => (command === undefined) !== (argv === undefined),
    "give either `command` or `argv`",
  ),
  plan(args, context) {
    const cwd = resolvePath(args.cwd ?? ".", context.project).real;
    const words = args.argv ?? (args.command ?? "").split(/\s+/u);
    const tainted = context.provenance.tainted(words);
    const parsed = parseCommand({
      ...(args.command === undefined ? {} : { command: args.command }),
      ...(args.argv === undefined ? {} : { argv: args.argv }),
      cwd,
      project: context.project,
      lookup: (word) => context.lookupProgram(word),
      secrets: args.secrets !== undefined,
      tainted,
    });
    const handles = Object.values(args.secrets ?? {});
    const text = args.command ?? (args.argv ?? []).join(" ");
    return {
      title: `Run ${text.length > 100 ? `${text.slice(0, 97)}...` : text}`,
      tier: "host-supervised",
      actions: [...parsed.actions, ...secretActions(args, parsed, { tainted, text }), ...hostActions(args, tainted)],
      handles,
      prepare: () =>
        Promise.resolve({
          effect: {
            backend: "process",
            spec: processSpec(args, parsed, context),
            present: (value) => present(value, { context, cwd: parsed.cwd }),
          },
          preview: quietPreview(`${text}\nin ${shortPath(context.project, parsed.cwd)}`),
          before: null,
          after: null,
        }),
    };
  },
});

function processSpec(args: ShellArgs, parsed: CommandPlan, context: PlanContext): ProcessSpec {
  // What the read tool would refuse, a command must not see either.
  const masked = findMasked(context.project, context.masks());
  if (masked.problem !== null) {
    throw new SessionError("LIMIT_SIZE", masked.problem.reason, { hint: masked.problem.hint });
  }
  return {
    op: "process",
    form: parsed.form,
    cwd: parsed.cwd,
    project: context.project,
    stageDir: join(context.stageRoot, context.newStageName()),
    stage: true,
    hidden: { files: masked.files, dirs: masked.dirs },
    readOnlyPaths: context.toolchains,
    env: {},
    secrets: args.secrets ?? {},
    gitIdentity: context.gitIdentity,
    ...(args.hosts === undefined ? {} : { hosts: args.hosts }),
    timeoutMs: args.timeout_ms ?? SANDBOX_BOUNDS.timeoutMs.default,
    limits: DEFAULT_PROCESS_LIMITS,
  };
}

function secretActions(
  args: ShellArgs,
  parsed: CommandPlan,
  call: { readonly tainted: boolean; readonly text: string },
): readonly AtomicAction[] {
  const entries = Object.entries(args.secrets ?? {});
  // Threat: a value in the environment of a second program of the same line.
  if (entries.length > 0 && parsed.form.kind !== "argv") {
    throw new SessionError("ARGS_INVALID", "Cannot give secrets to this command: it is not one simple command", {
      hint: "use `argv`, or one program with plain words",
    });
  }
  const program = parsed.form.kind === "argv" ? parsed.form.program : null;
  return entries.map(([name, handle]): AtomicAction & { readonly target: SecretTarget } => ({
    capability: "secret_handle_usage",
    target: { kind: "secret", handle, inject: `env:${name}`, host: null, port: null, program },
    classes: ["secret"],
    tier: "host-supervised",
    tainted: call.tainted,
    skill: null,
  }));
}

function hostActions(args: ShellArgs, tainted: boolean): readonly AtomicAction[] {
  return (args.hosts ?? []).map((origin): AtomicAction => {
    const [, host, port] = /^([a-z0-9.-]+):(\d{1,5})$/u.exec(origin) ?? [];
    if (host === undefined || port === undefined) {
      throw new SessionError("ARGS_INVALID", `Cannot read host "${origin}": expected name:port`);
    }
    return {
      capability: "network_request",
      target: {
        kind: "network",
        url: `https://${host}:${port}/`,
        scheme: "https",
        host,
        port: Number(port),
        method: "CONNECT",
        addresses: null,
      },
      classes: ["private"],
      tier: "host-supervised",
      tainted,
      skill: null,
    };
  });
}

function present(value: ProcessValue, where: { readonly context: PlanContext; readonly cwd: string }): Presented {
  const failed = value.exit !== 0;
  const dropped = value.dropped.map(({ relative, why }) => `(dropped ${relative}: ${why})`);
  const text = new TextDecoder().decode(value.output);
  return {
    output: dropped.length === 0
      ? text
      : `${text}${text.endsWith("\n") || text === "" ? "" : "\n"}${dropped.join("\n")}\n`,
    truncated: value.truncated,
    sources: [shortPath(where.context.project, where.cwd)],
    classes: [],
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
