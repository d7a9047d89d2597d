import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { McpServer, SessionInfo } from "@agentclientprotocol/sdk";
import { isId, loadSodium } from "../../core/mod.ts";
import { writerFacts } from "../../audit/mod.ts";
import { listTranscripts, removeTranscript, type TranscriptFolder } from "../../session/mod.ts";
import { openInstallation } from "../compose/installation.ts";
import { loadConfig } from "../config/load-config.ts";
import type { CommandContext } from "../context.ts";
import { findProject, PROJECT_FOLDER } from "../project-root.ts";
import { ACP_CODE, acpError } from "./acp-error.ts";
import { type AcpSession, type AcpSessionDeps, openAcpSession } from "./acp-session.ts";
import { sanitizeLine } from "../term/sanitize.ts";
import { checkFolder } from "./paths.ts";

/** All sessions of one process. */
export interface SessionDesk {
  /** Opens the home and its keys. */
  prepare(): Promise<void>;
  create(request: { readonly cwd: string; readonly servers: readonly McpServer[] }): Promise<AcpSession>;
  /** Goes on with an earlier session. */
  resume(
    request: { readonly id: string; readonly cwd: string; readonly servers: readonly McpServer[] },
  ): Promise<AcpSession>;
  /** A session that is open. Throws -32002 for any other. */
  get(id: string): AcpSession;
  list(
    cwd: string | null,
    cursor: string | null,
  ): Promise<{ readonly sessions: SessionInfo[]; readonly next: string | null }>;
  close(id: string): Promise<void>;
  /** Removes the conversation, never the record; unknown ones are gone already. */
  remove(id: string): Promise<void>;
  /** Ends every session, in order; nothing can be opened afterwards. */
  closeAll(): Promise<void>;
}

const MAX_SESSIONS = 16;
const PAGE = 50;

/**
 * Creates the sessions of one process.
 *
 * @param deps The process and its client.
 * @returns The desk, empty.
 */
export function createSessionDesk(deps: AcpSessionDeps): SessionDesk {
  const open = new Map<string, AcpSession>();
  const opening = new Set<Promise<unknown>>();
  /** Folders that this process has opened, for lists. */
  const folders = new Set<string>();
  let closed = false;

  async function start(
    request: { readonly cwd: string; readonly id: string | null; readonly servers: readonly McpServer[] },
  ): Promise<AcpSession> {
    if (closed) throw busy("the agent is ending");
    if (open.size + opening.size >= MAX_SESSIONS) throw busy(`${MAX_SESSIONS} sessions are open`);
    const work = openAcpSession(deps, { cwd: request.cwd, resume: request.id, servers: request.servers });
    opening.add(work);
    try {
      const session = await work;
      open.set(session.id, session);
      folders.add(session.cwd);
      return session;
    } finally {
      opening.delete(work);
    }
  }
  async function folderOf(cwd: string): Promise<string> {
    const { context } = deps;
    const { user } = await loadConfig({
      home: context.home,
      project: null,
      isTrusted: () => false,
      env: {},
      flags: {},
    });
    return checkFolder(cwd, { userHome: context.userHome, home: context.home, allow: user.acp?.cwd_allow ?? null });
  }
  async function close(id: string): Promise<void> {
    const session = open.get(id);
    if (session === undefined) throw unknown(id);
    await session.close();
    open.delete(id);
  }
  return {
    async prepare(): Promise<void> {
      await loadSodium();
      await openInstallation(deps.context);
    },
    async create({ cwd, servers }) {
      return await start({ cwd: await folderOf(cwd), id: null, servers });
    },
    async resume({ id, cwd, servers }) {
      const known = open.get(id);
      const folder = await folderOf(cwd);
      if (known !== undefined) {
        if (known.cwd !== folder) throw elsewhere();
        // It is open here: a client that lost track of it goes on with it.
        return known;
      }
      const kept = await findTranscript(deps.context, { id, cwd: folder, folders });
      if (kept === null) throw unknown(id);
      if (kept !== folder) throw elsewhere();
      return await start({ cwd: folder, id, servers });
    },
    get(id): AcpSession {
      const session = open.get(id);
      if (session === undefined) throw unknown(id);
      return session;
    },
    async list(cwd, cursor) {
      const skip = readCursor(cursor);
      const wanted = cwd === null ? [...folders] : [await folderOf(cwd)];
      const sessions = await listFolders(deps.context, wanted);
      const next = skip + PAGE < sessions.length ? writeCursor(skip + PAGE) : null;
      return { sessions: sessions.slice(skip, skip + PAGE), next };
    },
    close,
    async remove(id): Promise<void> {
      const session = open.get(id);
      const folder = session?.cwd ?? null;
      if (session !== undefined) await close(id);
      await removeKept(deps.context, id, folder === null ? [...folders] : [folder]);
    },
    async closeAll(): Promise<void> {
      closed = true;
      await Promise.allSettled(opening);
      await Promise.allSettled([...open.values()].map((session) => session.close()));
      open.clear();
    },
  };
}

/** Transcripts of a folder's project, or those without one under the home. */
async function transcriptsAt(context: CommandContext, cwd: string): Promise<TranscriptFolder> {
  await loadSodium();
  const { keys, home } = await openInstallation(context);
  const project = findProject({ ...context, cwd });
  return { dir: project === null ? join(home, "sessions") : join(project, PROJECT_FOLDER, "sessions"), project, keys };
}

/** The folder that a kept session belongs to, or `null` where there is no such session. */
async function findTranscript(
  context: CommandContext,
  where: { readonly id: string; readonly cwd: string; readonly folders: ReadonlySet<string> },
): Promise<string | null> {
  if (!isId("ses", where.id)) return null;
  for (const cwd of new Set([where.cwd, ...where.folders])) {
    // oxlint-disable-next-line no-await-in-loop -- the first one that has it
    const folder = await transcriptsAt(context, cwd);
    const file = join(folder.dir, `${where.id}.jsonl`);
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const listed = listTranscripts(folder).find(({ session }) => session === where.id);
    // What cannot be read is told when it is opened.
    return listed?.header?.cwd ?? cwd;
  }
  return null;
}

async function listFolders(context: CommandContext, folders: readonly string[]): Promise<SessionInfo[]> {
  const found = new Map<string, SessionInfo>();
  for (const cwd of folders) {
    // oxlint-disable-next-line no-await-in-loop
    for (const { session, header, updated } of listTranscripts(await transcriptsAt(context, cwd))) {
      if (header === null || !folders.includes(header.cwd)) continue;
      found.set(session, {
        sessionId: session,
        cwd: header.cwd,
        title: sanitizeLine(header.title),
        updatedAt: new Date(updated).toISOString(),
      });
    }
  }
  return [...found.values()].toSorted((a, b) => (b.updatedAt ?? "") < (a.updatedAt ?? "") ? -1 : 1);
}

async function removeKept(context: CommandContext, id: string, folders: readonly string[]): Promise<void> {
  if (!isId("ses", id)) return;
  for (const cwd of folders) {
    // oxlint-disable-next-line no-await-in-loop
    const { dir } = await transcriptsAt(context, cwd);
    if (lstatSync(join(dir, `${id}.jsonl`), { throwIfNoEntry: false }) === undefined) continue;
    // oxlint-disable-next-line no-await-in-loop
    const { facts } = await openInstallation(context);
    removeTranscript(dir, id, writerFacts(facts));
  }
}

function readCursor(cursor: string | null): number {
  if (cursor === null) return 0;
  const [, count] = /^p([1-9][0-9]{0,6})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (count === undefined || Number(count) % PAGE !== 0) {
    throw acpError(ACP_CODE.params, "Cannot list: the cursor is not one of ours", {
      code: "CURSOR_INVALID",
      hint: "begin anew without a cursor",
    });
  }
  return Number(count);
}

function writeCursor(skip: number): string {
  return Buffer.from(`p${skip}`, "latin1").toString("base64url");
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
