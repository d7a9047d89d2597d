import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type ApprovalRequest, type Approver, type Clock, loadSodium, sha256 } from "../../core/mod.ts";
import { createFlagApprover, createNobody } from "../../cli/approvers.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import { initProject } from "../../cli/commands/init/init-project.ts";
import { type ComposedSession, openComposedSession } from "../../cli/compose.ts";
import type { CommandContext } from "../../cli/context.ts";
import { trustPolicy } from "../../policy/mod.ts";
import type { CallResult, SessionEvent, SessionInput } from "../../session/mod.ts";
import { contextIn } from "./context.ts";
import { tempDir } from "./temp-dir.ts";

/** The whole engine on a project of its own: real policy, record, tiers. Only the person is played. */
export interface Engine {
  readonly project: string;
  readonly home: string;
  readonly composed: ComposedSession;
  readonly events: SessionEvent[];
  /** Every question that was put. */
  readonly questions: ApprovalRequest[];
  /** One call as the person. */
  call(tool: string, args: unknown, signal?: AbortSignal): Promise<CallResult>;
  /** One prompt to the model; gives the last event. */
  submit(text: string, options?: SubmitOptions): Promise<Extract<SessionEvent, { type: "result" }>>;
  /** Results of all calls so far. */
  results(): readonly CallResult[];
  close(): Promise<void>;
}

/** What goes along with a prompt. */
export interface SubmitOptions {
  readonly data?: SessionInput["data"];
  readonly signal?: AbortSignal;
}

/** What differs from a fresh project with the default policy and nobody to ask. */
export interface EngineOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** Replaces the default policy. */
  readonly policy?: string;
  /** `yes` and `no` answer each question once; a function answers as it likes. */
  readonly person?: "nobody" | "yes" | Approver["ask"];
  /** Turns of a scripted model, as YAML. */
  readonly script?: string;
  /** The person's own `config.yml`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly mode?: "ask" | "read-only";
  /** Goes on with the newest conversation of the project. */
  readonly resume?: boolean;
  /** Sees each event as it happens. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** A home to share with other engines, e.g. so that a component is installed once. */
  readonly home?: string;
  /** Calls as the person may make and use generated tools. */
  readonly generated?: boolean;
  /** Another clock than the machine's. */
  readonly clock?: Clock;
  /** Uses the project and home of another engine. */
  readonly beside?: Pick<Engine, "project" | "home">;
}

/**
 * Opens an engine; it is closed and its folders removed when the test has finished.
 *
 * @param options What differs.
 * @returns The engine.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const base = options.beside === undefined ? tempDir() : null;
  const project = options.beside?.project ?? join(base ?? "", "project");
  const home = options.beside?.home ?? options.home ?? join(base ?? "", "home");
  if (base !== null) {
    mkdirSync(project);
    writeFiles(project, { "README.md": "# Sample\n", ...options.files });
  }
  const plain = contextIn(project, home);
  const { clock = plain.system.clock } = options;
  const context = { ...plain, system: { ...plain.system, clock } };
  if (base !== null) {
    if (options.policy !== undefined) await trustOwn(context, options.policy);
    else await initProject(context, "default");
  }
  const events: SessionEvent[] = [];
  const questions: ApprovalRequest[] = [];
  const script = options.script === undefined ? undefined : writeScript(project, options.script);
  if (options.config !== undefined) writeConfig(home, options.config);
  const withModel = script !== undefined || options.config !== undefined;
  const composed = await openComposedSession(context, {
    front: withModel ? "cli" : "call",
    approver: watched(approverOf(options.person ?? "nobody"), questions),
    mode: options.mode ?? "ask",
    project: "required",
    ...(options.generated === true ? { generated: true } : {}),
    ...(options.resume === true ? { resume: { kind: "newest" } as const } : {}),
    ...(script === undefined ? {} : { model: { provider: "script", script } }),
    emit(event): void {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  onTestFinished(() => composed.close());
  return {
    project,
    home,
    composed,
    events,
    questions,
    async call(tool, args, signal = new AbortController().signal) {
      return (await composed.session.call(tool, args, signal)).result;
    },
    async submit(text, { data = [], signal } = {}) {
      const before = events.length;
      await composed.session.submit({ text, data }, signal);
      const last = events.slice(before).at(-1);
      if (last?.type !== "result") throw new Error(`the last event is ${last?.type ?? "missing"}`);
      return last;
    },
    results: () => events.filter((event) => event.type === "tool_result"),
    close: () => composed.close(),
  };
}

function writeConfig(home: string, config: Readonly<Record<string, unknown>>): void {
  writeFileSync(join(home, "config.yml"), JSON.stringify({ v: 1, ...config }), { mode: 0o600 });
}

function approverOf(person: NonNullable<EngineOptions["person"]>): Approver {
  if (person === "nobody") return createNobody();
  if (person === "yes") return createFlagApprover();
  return { channel: "terminal", ask: person };
}

function watched(approver: Approver, questions: ApprovalRequest[]): Approver {
  return {
    channel: approver.channel,
    ask(request, signal) {
      questions.push(request);
      return approver.ask(request, signal);
    },
  };
}

async function trustOwn(context: CommandContext, policy: string): Promise<void> {
  await loadSodium();
  const folder = join(context.cwd, ".agentzero");
  mkdirSync(folder);
  writeFileSync(join(folder, "policy.yml"), policy);
  const { home, keys } = await openInstallation(context);
  const { clock } = context.system;
  trustPolicy({ home, keys, clock }, {
    project: context.cwd,
    sha256: sha256(policy),
    config: null,
    agents: null,
  });
}

function writeScript(project: string, turns: string): string {
  const file = join(dirname(project), "turns.yml");
  writeFileSync(file, turns);
  return file;
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
