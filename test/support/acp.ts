import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  client,
  type ClientCapabilities,
  type ClientContext,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
} from "@agentclientprotocol/sdk";
import { onTestFinished } from "vitest";
import { createSessionDesk } from "../../cli/acp/session-desk.ts";
import { createV1 } from "../../cli/acp/v1.ts";
import { initProject } from "../../cli/commands/init/init-project.ts";
import { failureLines } from "../../cli/acp/failure-lines.ts";
import type { Mask } from "../../cli/acp/acp-error.ts";
import { openInstallation } from "../../cli/compose/installation.ts";
import type { CommandContext } from "../../cli/context.ts";
import { sha256, type Timers, toHex } from "../../core/mod.ts";
import { trustPolicy } from "../../policy/mod.ts";
import { contextIn } from "./context.ts";
import { tempDir } from "./temp-dir.ts";

/** An editor of the test, connected in process to the real agent on a project of its own. */
export interface Editor {
  readonly project: string;
  readonly home: string;
  readonly agent: ClientContext;
  /** Every update so far, with the session it belongs to. */
  readonly updates: { readonly session: string; readonly update: SessionUpdate }[];
  readonly questions: RequestPermissionRequest[];
  /** Methods that the agent called. */
  readonly called: string[];
  readonly log: string[];
  /** Opens a session in the project and waits until it was introduced. */
  open(): Promise<string>;
  /** Sends a prompt; gives the stop reason. */
  prompt(session: string, text: string): Promise<string>;
  /** Text of all replies so far. */
  said(session?: string): string;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** What differs from a fresh project with the default policy and an editor that says no. */
export interface EditorOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly script?: string;
  /** Changes the text of the default policy. */
  readonly policy?: (text: string) => string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly can?: ClientCapabilities;
  /** `allow` takes the option whose kind starts with it. */
  readonly answer?: (
    question: RequestPermissionRequest,
  ) => Promise<RequestPermissionResponse> | RequestPermissionResponse;
  readonly readBuffer?: (path: string) => string;
  /** Time of the client's side of questions. */
  readonly timers?: Timers;
  readonly beside?: Pick<Editor, "project" | "home">;
}

/** Answers with the first option of a kind. */
export function choose(question: RequestPermissionRequest, kind: string): RequestPermissionResponse {
  const option = question.options.find((each) => each.kind === kind);
  if (option === undefined) return { outcome: { outcome: "cancelled" } };
  return { outcome: { outcome: "selected", optionId: option.optionId } };
}

/** Opens an editor; everything ends with the test. */
export async function openEditor(options: EditorOptions = {}): Promise<Editor> {
  const base = options.beside === undefined ? tempDir() : dirname(options.beside.project);
  const project = join(base, "project");
  const home = join(base, "home");
  const context = contextIn(project, home);
  if (options.beside === undefined) {
    for (const [path, text] of Object.entries({ "README.md": "# Sample\n", ...options.files })) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), text);
    }
    await initProject(context, "default");
    if (options.policy !== undefined) await changePolicy(context, options.policy);
  }
  const script = options.script === undefined ? undefined : join(base, `turns-${++scripts}.yml`);
  if (script !== undefined) writeFileSync(script, options.script ?? "");
  if (options.config !== undefined) {
    writeFileSync(join(home, "config.yml"), JSON.stringify({ v: 1, ...options.config }), { mode: 0o600 });
  }
  const log: string[] = [];
  const { random, clock } = context.system;
  const timers = options.timers ?? context.system.timers;
  function tell(cause: unknown, mask: Mask): void {
    log.push(...failureLines(cause, mask, false));
  }
  function newId(): string {
    return toHex(random.bytes(8));
  }
  const model = script === undefined ? {} : { provider: "script", script };
  const v1 = createV1({
    desk: (host) =>
      Promise.resolve(createSessionDesk({ context, host, model, newId, log: (text) => void log.push(text), tell })),
    random,
    timers,
    now: () => clock.mono(),
    newId,
    log: (text) => void log.push(text),
    tell,
  });
  const updates: Editor["updates"] = [];
  const questions: RequestPermissionRequest[] = [];
  const called: string[] = [];
  const app = client({ name: "editor of the test" })
    .onNotification("session/update", ({ params }) => {
      updates.push({ session: params.sessionId, update: params.update });
    })
    .onRequest("session/request_permission", ({ params }) => {
      questions.push(params);
      return options.answer?.(params) ?? choose(params, "reject_once");
    })
    .onRequest("fs/read_text_file", ({ params }) => {
      called.push("fs/read_text_file");
      return { content: options.readBuffer?.(params.path) ?? "" };
    })
    .onRequest("fs/write_text_file", () => {
      called.push("fs/write_text_file");
      return {};
    });
  const connection = app.connect(v1.app);
  const { agent } = connection;
  async function close(): Promise<void> {
    connection.close();
    await v1.close();
  }
  onTestFinished(close);
  await agent.request("initialize", { protocolVersion: 1, clientCapabilities: options.can ?? {} });
  return {
    project,
    home,
    agent,
    updates,
    questions,
    called,
    log,
    close,
    async open(): Promise<string> {
      const { sessionId } = await agent.request("session/new", { cwd: project, mcpServers: [] });
      await until(() =>
        updates.some((each) => each.session === sessionId && each.update.sessionUpdate === "available_commands_update")
      );
      return sessionId;
    },
    prompt(session, text): Promise<string> {
      const turn = agent.request("session/prompt", { sessionId: session, prompt: [{ type: "text", text }] })
        .then(({ stopReason }) => stopReason);
      // A test that has failed already leaves its turn behind: the connection ends it, and nobody listens any more.
      turn.catch(() => undefined);
      return turn;
    },
    said: (session) =>
      updates.flatMap((each) =>
        (session === undefined || each.session === session) && each.update.sessionUpdate === "agent_message_chunk" &&
          each.update.content.type === "text"
          ? [each.update.content.text]
          : []
      ).join(""),
  };
}

let scripts = 0;

async function changePolicy(context: CommandContext, change: (text: string) => string): Promise<void> {
  const file = join(context.cwd, ".agentzero/policy.yml");
  const text = change(readFileSync(file, "utf8"));
  writeFileSync(file, text);
  const { home, keys } = await openInstallation(context);
  const { clock } = context.system;
  trustPolicy({ home, keys, clock }, { project: context.cwd, sha256: sha256(text), config: null, agents: null });
}

/** Waits for something to become true. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error("it never became true");
    await new Promise((done) => setTimeout(done, 5));
  }
}
