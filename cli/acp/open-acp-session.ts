import type { McpServer } from "@agentclientprotocol/sdk";
import type { AuditStamp } from "../../audit/mod.ts";
import type { SessionEvent } from "../../session/mod.ts";
import { openComposedSession } from "../compose.ts";
import { AcpSession, type AcpSessionDeps } from "./acp-session.ts";
import type { SessionView } from "./host.ts";

/** What a client asked for. */
export interface AcpSessionRequest {
  /** Real path, checked. */
  readonly cwd: string;
  /** Id of an earlier session to go on with, or `null`. */
  readonly resume: string | null;
  readonly servers: readonly McpServer[];
  /** Ids of the client's own for what is recorded on the way. */
  readonly marks: AuditStamp;
}

/**
 * Opens a session for an editor.
 *
 * @param deps The process and its client.
 * @param request What was asked for.
 * @returns The session.
 * @throws {AgentZeroError} What opening a session throws; `SESSION_NOT_FOUND` or `NOT_FOUND` for an unknown one.
 */
export async function openAcpSession(deps: AcpSessionDeps, request: AcpSessionRequest): Promise<AcpSession> {
  const notes: string[] = [];
  const early: SessionEvent[] = [];
  const place: { session: AcpSession | null } = { session: null };
  function view(): SessionView {
    // Nothing is asked before the session is open.
    if (place.session === null) throw new TypeError("Cannot ask: the session is not open yet");
    return place.session.view;
  }
  const output = { ...deps.context.output, note: (text: string) => void notes.push(text) };
  const opened = await openComposedSession({ ...deps.context, cwd: request.cwd, terminal: null, output }, {
    front: "acp",
    approver: deps.host.approver(view),
    mode: "ask",
    project: "optional",
    model: deps.model,
    resume: request.resume === null ? null : { kind: "id", id: request.resume },
    stamp: () => place.session?.marks ?? request.marks,
    emit(event): void {
      if (place.session === null) early.push(event);
      else place.session.take(event);
    },
  });
  try {
    const session = new AcpSession(deps, opened, request.cwd);
    session.marks = request.marks;
    place.session = session;
    await session.begin({ notes, early, servers: request.servers, isNew: request.resume === null });
    session.marks = {};
    return session;
  } catch (cause) {
    await opened.close();
    throw cause;
  }
}
