import { agent, type AgentApp, type AgentContext } from "@agentclientprotocol/sdk";
import { VERSION } from "../version.ts";
import { ACP_CODE, acpError, errorFor, type Mask, unmasked } from "./acp-error.ts";
import type { AcpSession } from "./acp-session.ts";
import { type ClientCan, clientCan, NOTHING } from "./capabilities.ts";
import type { AcpHost } from "./host.ts";
import { readMarks } from "./marks.ts";
import { configOptions, modeState } from "./options.ts";
import type { SessionDesk } from "./session-desk.ts";
import { createV1Host, type V1HostDeps } from "./v1-host.ts";

const ENDING = { code: "SESSION_BUSY", hint: "start it again" } as const;

/** What the protocol is served with. */
export interface V1Deps extends V1HostDeps {
  /** Loaded with the first session: an answer to `initialize` needs nothing of it. */
  readonly desk: (host: AcpHost) => Promise<SessionDesk>;
  /** Told of what nobody expected, with a mask for it. */
  readonly tell: (cause: unknown, mask: Mask) => void;
}

/** The app and the sessions behind it. */
export interface V1 {
  readonly app: AgentApp;
  /** Ends all sessions; nothing is opened afterwards. */
  close(): Promise<void>;
}

/**
 * Serves version 1 of the protocol.
 *
 * @param deps Ports and the sessions.
 * @returns The app, not connected yet.
 */
export function createV1(deps: V1Deps): V1 {
  let can: ClientCan = NOTHING;
  let desk: Promise<SessionDesk> | null = null;
  let client: AgentContext | null = null;
  let ending = false;

  function peer(): AgentContext {
    if (client === null) throw new TypeError("Cannot reach the client: it is not connected");
    return client;
  }
  const host = createV1Host(deps, { can: () => can, peer });
  function sessions(): Promise<SessionDesk> {
    desk ??= deps.desk(host);
    return desk;
  }
  /** One bad request ends nothing but itself. */
  async function answered<T>(work: (desk: SessionDesk) => Promise<T> | T): Promise<T> {
    // Before there is a desk no secret was read.
    let mask: Mask = unmasked;
    try {
      // Threat: thousands of requests that wait keep a process from its end.
      if (ending) throw acpError(ACP_CODE.internal, "Cannot answer: the agent is ending", ENDING);
      const all = await sessions();
      ({ mask } = all);
      return await work(all);
    } catch (cause) {
      throw errorFor(cause, mask, (unexpected) => deps.tell(unexpected, mask));
    }
  }
  /** What the client learns of a session comes behind the answer that names it. */
  function introduceLater(session: AcpSession): void {
    deps.timers.after(0, () => session.introduce());
  }

  const app = agent({ name: "agentzero" })
    .onConnect((connection) => {
      ({ client } = connection);
    })
    .onRequest("initialize", ({ params }) => {
      can = clientCan(params.clientCapabilities);
      return {
        protocolVersion: 1,
        agentInfo: { name: "agentzero", title: "AgentZero", version: VERSION },
        agentCapabilities: {
          loadSession: true,
          promptCapabilities: { embeddedContext: true, image: false, audio: false },
          mcpCapabilities: { http: false, sse: false },
          sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
        },
        authMethods: [
          { id: "local", name: "Local setup", description: "Uses the keys and models configured on this machine" },
          ...(can.terminalSetup
            ? [{ type: "terminal" as const, id: "setup", name: "Set up in a terminal", args: ["--setup"] }]
            : []),
        ],
      };
    })
    .onRequest("authenticate", async ({ params }) => {
      if (params.methodId !== "local") {
        throw acpError(ACP_CODE.params, `Cannot authenticate with "${params.methodId.slice(0, 64)}"`, {
          code: "AUTH_METHOD",
          hint: "use: local",
        });
      }
      try {
        return await answered(async (all) => {
          await all.prepare();
          return {};
        });
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : "Cannot open the keys of this machine";
        throw acpError(ACP_CODE.setup, message, { code: "SETUP", hint: "run: agentzero doctor" });
      }
    })
    .onRequest("session/new", ({ params }) =>
      answered(async (all) => {
        refuseMoreFolders(params.additionalDirectories);
        const session = await all.create({
          cwd: params.cwd,
          servers: params.mcpServers,
          marks: readMarks(params),
        });
        introduceLater(session);
        return { sessionId: session.id, ...choices(session) };
      }))
    .onRequest("session/load", ({ params }) =>
      answered(async (all) => {
        refuseMoreFolders(params.additionalDirectories);
        const { sessionId: id, cwd, mcpServers } = params;
        const session = await all.resume({ id, cwd, servers: mcpServers, marks: readMarks(params) });
        await session.replay();
        introduceLater(session);
        return choices(session);
      }))
    .onRequest("session/resume", ({ params }) =>
      answered(async (all) => {
        refuseMoreFolders(params.additionalDirectories);
        const { sessionId: id, cwd, mcpServers } = params;
        const session = await all.resume({ id, cwd, servers: mcpServers ?? [], marks: readMarks(params) });
        introduceLater(session);
        return choices(session);
      }))
    .onRequest("session/list", ({ params }) =>
      answered(async (all) => {
        const { sessions: listed, next } = await all.list(params.cwd ?? null, params.cursor ?? null);
        return { sessions: listed, ...(next === null ? {} : { nextCursor: next }) };
      }))
    .onRequest("session/close", ({ params }) =>
      answered(async (all) => {
        await all.close(params.sessionId);
        return {};
      }))
    .onRequest("session/delete", ({ params }) =>
      answered(async (all) => {
        await all.remove(params.sessionId);
        return {};
      }))
    .onRequest(
      "session/prompt",
      ({ params, signal }) =>
        answered((all) => all.get(params.sessionId).prompt(params.prompt, { signal, marks: readMarks(params) })),
    )
    .onRequest("session/set_mode", ({ params }) =>
      answered((all) => {
        all.get(params.sessionId).choices.setMode(params.modeId);
        return {};
      }))
    .onRequest("session/set_config_option", ({ params }) =>
      answered(async (all) => {
        const session = all.get(params.sessionId);
        if (typeof params.value !== "string" || (params.configId !== "mode" && params.configId !== "model")) {
          throw acpError(ACP_CODE.params, `Cannot set "${params.configId.slice(0, 64)}"`, {
            code: "OPTION_UNKNOWN",
            hint: "one of: mode, model",
          });
        }
        if (params.configId === "mode") session.choices.setMode(params.value);
        else await session.choices.setModel(params.value);
        return { configOptions: configOptions(session.choices.state) };
      }))
    .onNotification("session/cancel", async ({ params }) => {
      // A cancel of what is not there does nothing.
      if (desk === null) return;
      try {
        (await desk).get(params.sessionId).cancel();
      } catch {
        // Nobody waits for an answer.
      }
    });
  return {
    app,
    async close(): Promise<void> {
      ending = true;
      if (desk !== null) await (await desk).closeAll();
    },
  };
}

function choices(session: AcpSession): {
  readonly modes: ReturnType<typeof modeState>;
  readonly configOptions: ReturnType<typeof configOptions>;
} {
  return { modes: modeState(session.choices.state), configOptions: configOptions(session.choices.state) };
}

function refuseMoreFolders(folders: readonly string[] | null | undefined): void {
  if ((folders ?? []).length === 0) return;
  throw acpError(ACP_CODE.params, "Cannot open the session: it has one folder, no more", {
    code: "FOLDERS_UNSUPPORTED",
    hint: "leave additionalDirectories out",
  });
}
