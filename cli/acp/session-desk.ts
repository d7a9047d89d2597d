import type { McpServer, SessionInfo } from "@agentclientprotocol/sdk";
import { loadSodium } from "../../core/mod.ts";
import type { AuditStamp } from "../../audit/mod.ts";
import { openInstallation } from "../compose/installation.ts";
import { personalConfig } from "../config/personal-config.ts";
import type { CommandContext } from "../context.ts";
import { findProject } from "../project-root.ts";
import { ACP_CODE, acpError } from "./acp-error.ts";
import type { AcpSession, AcpSessionDeps } from "./acp-session.ts";
import { findKept, listKept, removeKept } from "./kept-sessions.ts";
import { openAcpSession } from "./open-acp-session.ts";
import { sanitizeLine } from "../term/sanitize.ts";
import { pageFrom, readCursor } from "./list-pages.ts";
import { checkFolder } from "./paths.ts";

/** What a client opens a session with. */
export interface FolderRequest {
  /** As the client gave it. */
  readonly cwd: string;
  readonly servers: readonly McpServer[];
  /** Ids of its own. */
  readonly marks: AuditStamp;
}

/** All sessions of one process. */
export interface SessionDesk {
  /** Opens the home and its keys. */
  prepare(): Promise<void>;
  create(request: FolderRequest): Promise<AcpSession>;
  /** Goes on with an earlier session. */
  resume(request: FolderRequest & { readonly id: string }): Promise<AcpSession>;
  /** A session that is open. Throws -32002 for any other. */
  get(id: string): AcpSession;
  list(
    cwd: string | null,
    cursor: string | null,
  ): Promise<{ readonly sessions: SessionInfo[]; readonly next: string | null }>;
  close(id: string): Promise<void>;
  /** Removes the conversation, never the record; unknown ones are gone already. */
  remove(id: string): Promise<void>;
  /** Masks what any open session knows, and leaves out where the person's own folders are. */
  readonly mask: (text: string) => string;
  /** Ends every session, in order; nothing can be opened afterwards. */
  closeAll(): Promise<void>;
}

const MAX_SESSIONS = 16;

/**
 * Creates the sessions of one process.
 *
 * @param deps The process and its client.
 * @returns The desk, empty.
 */
export function createSessionDesk(deps: AcpSessionDeps): SessionDesk {
  const open = new Map<string, AcpSession>();
  const opening = new Set<Promise<unknown>>();
  const ending = new Set<Promise<void>>();
  /** Folders that this process has opened, for lists; and those that were only listed. */
  const folders = new Set<string>();
  const listed = new Set<string>();
  let closed = false;

  async function start(request: FolderRequest & { readonly id: string | null }): Promise<AcpSession> {
    if (closed) throw busy("the agent is ending");
    if (open.size + opening.size >= MAX_SESSIONS) throw busy(`${MAX_SESSIONS} sessions are open`);
    const { cwd, id, servers, marks } = request;
    const work = openAcpSession(deps, { cwd, resume: id, servers, marks });
    opening.add(work);
    try {
      const session = await work;
      open.set(session.id, session);
      // From the moment it begins to close nobody finds it any more.
      session.onClosing = () => void open.delete(session.id);
      folders.add(session.cwd);
      return session;
    } finally {
      opening.delete(work);
    }
  }
  async function folderOf(cwd: string): Promise<string> {
    const { context } = deps;
    const { user } = await personalConfig(context.home, {});
    const rules = { userHome: context.userHome, home: context.home, allow: user.acp?.cwd_allow ?? null };
    const folder = checkFolder(cwd, rules);
    // Threat: a folder inside what is allowed whose project begins above it: the project is what an agent works on.
    const project = findProject({ ...context, cwd: folder });
    if (project !== null && project !== folder) checkFolder(project, rules);
    return folder;
  }
  async function close(id: string): Promise<void> {
    const session = open.get(id);
    if (session === undefined) throw unknown(id);
    const end = session.close();
    ending.add(end);
    try {
      await end;
    } finally {
      ending.delete(end);
    }
  }
  function mask(text: string): string {
    return [...open.values()].reduce((masked, session) => session.mask(masked), text);
  }
  return {
    async prepare(): Promise<void> {
      await loadSodium();
      await openInstallation(deps.context);
    },
    async create(request) {
      return await start({ ...request, cwd: await folderOf(request.cwd), id: null });
    },
    async resume({ id, ...request }) {
      const folder = await folderOf(request.cwd);
      const known = open.get(id);
      if (known !== undefined) {
        if (known.cwd !== folder) throw elsewhere();
        // It is open here: a client that lost track of it goes on with it.
        return known;
      }
      const kept = await findKept(deps.context, { id, cwd: folder, folders });
      if (kept === null) throw unknown(id);
      if (kept !== folder) throw elsewhere();
      return await start({ ...request, cwd: folder, id });
    },
    get(id): AcpSession {
      const session = open.get(id);
      if (session === undefined) throw unknown(id);
      return session;
    },
    async list(cwd, cursor) {
      const from = readCursor(cursor);
      const wanted = cwd === null ? [...folders] : [await folderOf(cwd)];
      // What was shown can be deleted.
      for (const folder of wanted) listed.add(folder);
      const { items, next } = pageFrom(from, await listKept(deps.context, wanted));
      return { sessions: items.map((each) => ({ ...each, title: sanitizeLine(mask(each.title ?? "")) })), next };
    },
    close,
    async remove(id): Promise<void> {
      const session = open.get(id);
      const folder = session?.cwd ?? null;
      if (session !== undefined) await close(id);
      await removeKept(deps.context, id, folder === null ? [...new Set([...folders, ...listed])] : [folder]);
    },
    mask: (text) => withoutHomes(mask(text), deps.context),
    async closeAll(): Promise<void> {
      closed = true;
      await Promise.allSettled(opening);
      await Promise.allSettled([...open.values()].map((session) => session.close()));
      await Promise.allSettled(ending);
      open.clear();
    },
  };
}

/** An error names no place outside the project: clients log and forward what they get. */
function withoutHomes(text: string, { home, userHome }: CommandContext): string {
  return text.replaceAll(home, "$AGENTZERO_HOME").replaceAll(`${userHome}/`, "~/");
}

function unknown(id: string): Error {
  return acpError(ACP_CODE.notFound, `Cannot find session "${id.slice(0, 64)}"`, {
    code: "SESSION_NOT_FOUND",
    hint: "open a new session",
  });
}

function elsewhere(): Error {
  return acpError(ACP_CODE.params, "Cannot go on with the session: it belongs to another folder", {
    code: "PATH_INVALID",
    hint: "name the folder it was opened in",
  });
}

function busy(why: string): Error {
  return acpError(ACP_CODE.internal, `Cannot open a session: ${why}`, {
    code: "SESSION_BUSY",
    hint: "close one first",
  });
}
