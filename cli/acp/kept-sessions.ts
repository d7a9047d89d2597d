import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { SessionInfo } from "@agentclientprotocol/sdk";
import { writerFacts } from "../../audit/mod.ts";
import { isId, loadSodium } from "../../core/mod.ts";
import { listTranscripts, removeTranscript, type TranscriptFolder } from "../../session/mod.ts";
import { openInstallation } from "../compose/installation.ts";
import type { CommandContext } from "../context.ts";
import { findProject, PROJECT_FOLDER } from "../project-root.ts";

/** Transcripts of a folder's project, or those without one under the home. */
async function transcriptsAt(context: CommandContext, cwd: string): Promise<TranscriptFolder> {
  await loadSodium();
  const { keys, home } = await openInstallation(context);
  const project = findProject({ ...context, cwd });
  return { dir: project === null ? join(home, "sessions") : join(project, PROJECT_FOLDER, "sessions"), project, keys };
}

/**
 * Looks for a kept session.
 *
 * @param context The command's context.
 * @param where Its id, the folder to look in first, and the folders that this process has opened.
 * @returns The folder that the session belongs to, or `null` where there is no such session.
 * @throws What opening the installation throws.
 */
export async function findKept(
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

/**
 * Lists the kept sessions of folders, newest first.
 *
 * @param context The command's context.
 * @param folders Real paths.
 * @returns What the protocol says of each; titles are as they were kept.
 * @throws What opening the installation throws.
 */
export async function listKept(context: CommandContext, folders: readonly string[]): Promise<SessionInfo[]> {
  const found = new Map<string, SessionInfo>();
  for (const cwd of folders) {
    // oxlint-disable-next-line no-await-in-loop
    for (const { session, header, updated } of listTranscripts(await transcriptsAt(context, cwd))) {
      if (header === null || !folders.includes(header.cwd)) continue;
      found.set(session, {
        sessionId: session,
        cwd: header.cwd,
        title: header.title,
        updatedAt: new Date(updated).toISOString(),
      });
    }
  }
  return [...found.values()].toSorted((a, b) => (b.updatedAt ?? "") < (a.updatedAt ?? "") ? -1 : 1);
}

/**
 * Removes a kept conversation, never its record; nothing happens where there is none.
 *
 * @param context The command's context.
 * @param id Its id.
 * @param folders Real paths of folders whose conversation it may be.
 * @throws {SessionError} `SESSION_BUSY` while another process writes it, `SESSION_WRITE`.
 */
export async function removeKept(context: CommandContext, id: string, folders: readonly string[]): Promise<void> {
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
