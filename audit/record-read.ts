import { join } from "node:path";
import { type Clock, loadSodium, type Random, type SessionId } from "../core/mod.ts";
import { Ledger } from "./ledger.ts";
import { userLedgerPath } from "./ledgers.ts";
import type { AuditKeys, WriterFacts } from "./log.ts";
import { NODE_FILES } from "./log-files.ts";
import { prepareFolder } from "./session-files.ts";

/** Who looked, and where. */
export interface ReadNote {
  /** The audit folder, which holds the project ledger. */
  readonly dir: string;
  /** `$AGENTZERO_HOME`, which holds the user ledger. */
  readonly home: string;
  /** What the user ledger calls the project. */
  readonly project: string;
  /** The session that was looked at; left out for several. */
  readonly session?: SessionId | undefined;
  /** Signs the lines. */
  readonly keys: AuditKeys;
  /** Files that get a copy of each line of the user ledger. */
  readonly anchors?: readonly string[] | undefined;
  /** Times of the lines. */
  readonly clock: Clock;
  /** Names what the lock of a dead process is moved to. */
  readonly random: Random;
  /** The process that looked. */
  readonly writer: WriterFacts;
}

/**
 * Notes in both ledgers that somebody read decrypted events: who looked is on record too.
 *
 * @param note Where and by whom.
 * @throws {AuditError} `AUDIT_UNWRITABLE` when a ledger cannot be written.
 */
export async function recordRead(note: ReadNote): Promise<void> {
  await loadSodium();
  const { dir, home, project, session, keys, clock, random, writer, anchors = [] } = note;
  prepareFolder(join(home, "trust"));
  const common = { files: NODE_FILES, clock, random, writer, identity: keys.auditSign, onFull() {} };
  const ledgers = [
    new Ledger({ ...common, path: join(dir, "HEADS"), dir: null, anchors: [] }),
    new Ledger({ ...common, path: userLedgerPath(home), dir: project, anchors }),
  ];
  for (const ledger of ledgers) {
    await ledger.append([{ kind: "read", session }]);
    ledger.close();
  }
}
