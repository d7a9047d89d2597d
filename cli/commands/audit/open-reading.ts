import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type EventFilter,
  listSessionFiles,
  parseFilter,
  readingKeyOf,
  recordRead,
  type SecretOf,
  writerFacts,
} from "../../../audit/mod.ts";
import { isId, type Keys, loadSodium, openKeys, type SessionId } from "../../../core/mod.ts";
import { auditSettings } from "../../compose/audit-settings.ts";
import { processFacts } from "../../compose/host-facts.ts";
import { personalConfig } from "../../config/personal-config.ts";
import type { CommandContext, CommandInput } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { peekHome } from "../../home.ts";
import { errorObject } from "../../output/error.ts";
import { readPassphrase } from "../../passphrase.ts";
import { findProject, PROJECT_FOLDER } from "../../project-root.ts";

/** How far to go to unlock the reading key. */
export type Unlocking = "never" | "quietly" | "ask";

/** The record at hand, and the keys to it. */
export interface Reading {
  readonly dir: string;
  readonly home: string;
  /** What the user ledger calls the project. */
  readonly project: string;
  /** `null` when this machine has no keys yet: looking does not make any. */
  readonly keys: Keys | null;
  readonly secretOf: SecretOf;
  readonly filter: EventFilter;
  /** Puts on record that somebody looked. */
  noteRead(session?: SessionId): Promise<void>;
}

/**
 * Finds the record of the project, or of sessions without a project, and opens the reading key.
 *
 * @param context The command's context.
 * @param input Its options: filter, `--key`, `--passphrase-file`.
 * @param unlocking `ask`: a locked key may be asked for on the terminal.
 * @returns The record.
 * @throws {CliError} `NO_PROJECT`. @throws {AuditError} `ARGS_INVALID`, `KEY_INVALID`. @throws {CoreError} `KEY_LOCKED`.
 */
export async function openReading(
  context: CommandContext,
  input: CommandInput,
  unlocking: Unlocking,
): Promise<Reading> {
  await loadSodium();
  const { clock, random } = context.system;
  const home = peekHome(context.home);
  const { dir, project } = findRecord(context, home);
  const filter = parseFilter({
    since: input.option("since"),
    until: input.option("until"),
    capability: input.option("capability"),
    decision: input.option("decision"),
    handle: input.option("handle"),
  }, clock.now());
  const keys = hasKeys(home) ? await openKeys({ home, random }) : null;
  const given = input.option("key");
  const other = given === undefined ? null : readingKeyOf(resolve(context.cwd, given));
  if (other === null && keys !== null) await unlock(keys, { context, input, unlocking });
  return {
    dir,
    home,
    project,
    keys,
    filter,
    secretOf: other ?? ((kid) => keys?.auditBoxSecret(kid) ?? null),
    async noteRead(session?: SessionId): Promise<void> {
      if (keys === null || listSessionFiles(dir).length === 0) return;
      const writer = writerFacts(processFacts({ userHome: context.userHome, home }));
      try {
        const { anchors } = auditSettings(await personalConfig(home, context.system.env));
        await recordRead({ dir, home, project, session, keys, clock, random, writer, anchors });
      } catch (cause) {
        // Looking must stay possible on a full disk; that it left no trace is said.
        context.output.note(`warning: this look is not on record: ${errorObject(cause).error.message}`);
      }
    },
  };
}

/**
 * Reads an argument that names a session.
 *
 * @param text The argument.
 * @returns The id.
 * @throws {CliError} `NOT_FOUND` when it is no session id: there cannot be such a session.
 */
export function sessionArgument(text: string): SessionId {
  if (isId("ses", text)) return text;
  throw new CliError("NOT_FOUND", `Cannot find session "${text.slice(0, 64)}": that is no session id`, {
    hint: "see: agentzero audit list",
  });
}

function findRecord(context: CommandContext, home: string): { readonly dir: string; readonly project: string } {
  const project = findProject(context);
  if (project !== null) return { dir: join(project, PROJECT_FOLDER, "audit"), project };
  const dir = join(home, "audit");
  if (existsSync(dir)) return { dir, project: home };
  throw new CliError("NO_PROJECT", `Cannot find a record: no folder at or above "${context.cwd}" is a project`, {
    hint: "name the project with --cwd",
  });
}

function hasKeys(home: string): boolean {
  return existsSync(join(home, "keys", "audit-sign.key"));
}

async function unlock(
  keys: Keys,
  how: { readonly context: CommandContext; readonly input: CommandInput; readonly unlocking: Unlocking },
): Promise<void> {
  if (!keys.locked || how.unlocking === "never") return;
  const { system, terminal } = how.context;
  await keys.unlock(() =>
    readPassphrase({
      cwd: how.context.cwd,
      file: how.input.option("passphraseFile"),
      system,
      terminal: how.unlocking === "ask" ? terminal : null,
    })
  );
}
