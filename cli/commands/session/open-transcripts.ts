import { existsSync } from "node:fs";
import { join } from "node:path";
import { createRedactor, isId, loadSodium, type SessionId } from "../../../core/mod.ts";
import { createPermits } from "../../../policy/mod.ts";
import type { TranscriptFolder } from "../../../session/mod.ts";
import { type Installation, openInstallation } from "../../compose/installation.ts";
import { openSecrets } from "../../compose/secrets.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { peekHome } from "../../home.ts";
import { findProject, PROJECT_FOLDER } from "../../project-root.ts";

/** The conversations at hand. */
export interface OpenTranscripts {
  readonly folder: TranscriptFolder;
  readonly installation: Installation;
}

/**
 * Finds the conversations of the project, or those without a project, and opens the keys.
 *
 * @param context The command's context.
 * @param unlock `true`: a passphrase may be asked for.
 * @returns The folder and the installation.
 * @throws {CliError} `NO_PROJECT` when there is neither. @throws {CoreError} `KEY_UNSAFE`, `KEY_LOCKED`.
 */
export async function openTranscripts(context: CommandContext, unlock: boolean): Promise<OpenTranscripts> {
  await loadSodium();
  const { dir, project } = findFolder(context);
  const installation = await openInstallation(context);
  const { keys } = installation;
  if (unlock && keys.locked) await keys.unlock(() => context.passphrase());
  return { folder: { dir, project, keys }, installation };
}

/**
 * Finds the folder of the conversations; nothing is opened.
 *
 * @param context The command's context.
 * @returns The folder and the project, `null` under the home.
 * @throws {CliError} `NO_PROJECT`.
 */
export function findFolder(context: CommandContext): { readonly dir: string; readonly project: string | null } {
  const project = findProject(context);
  if (project !== null) return { dir: join(project, PROJECT_FOLDER, "sessions"), project };
  const dir = join(peekHome(context.home), "sessions");
  if (existsSync(dir)) return { dir, project: null };
  throw new CliError("NO_PROJECT", `Cannot find conversations: no folder at or above "${context.cwd}" is a project`, {
    hint: "name the project with --cwd",
  });
}

/**
 * Reads an argument that names a session.
 *
 * @param text The argument.
 * @returns The id.
 * @throws {CliError} `NOT_FOUND` when it is no session id: there cannot be such a session.
 */
export function sessionArgument(text: string | undefined): SessionId {
  if (isId("ses", text)) return text;
  throw new CliError("NOT_FOUND", `Cannot find session "${(text ?? "").slice(0, 64)}": that is no session id`, {
    hint: "see: agentzero session list",
  });
}

/**
 * Makes what masks a conversation once more: a value may have joined the vault since it was written.
 *
 * @param context The command's context.
 * @param installation Home and keys.
 * @returns Masks one text.
 */
export async function maskAgain(
  context: CommandContext,
  installation: Installation,
): Promise<(text: string) => string> {
  const config = await personalConfig(installation.home, context.system.env);
  const redactor = createRedactor({ random: context.system.random });
  const permits = createPermits(context.system.clock);
  const { secrets, vault } = await openSecrets(context, { installation, config, redactor, permits });
  vault.close();
  if (secrets.blind) {
    context.output.note("warning: the vault is locked; values that joined it since were not masked again");
  }
  return (text) => redactor.mask(text).text;
}
