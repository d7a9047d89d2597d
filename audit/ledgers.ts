import { join } from "node:path";
import type { LedgerEntry } from "./ledger-line.ts";
import { Ledger } from "./ledger.ts";
import type { LogFiles } from "./log-files.ts";
import type { AuditLogOptions } from "./log.ts";
import { freeReserve } from "./reserve.ts";

/**
 * Opens both ledgers: the one beside the logs, and the one in the user's home, which also goes to the anchors.
 *
 * @param options Places, ports, keys and settings of the log.
 * @param files What writes.
 * @returns The project's, then the user's; neither touches its file before the first line.
 */
export function openLedgers(options: AuditLogOptions, files: LogFiles): readonly [project: Ledger, user: Ledger] {
  const { dir, home, project, clock, random, writer, keys, settings } = options;
  const common = { files, clock, random, writer, identity: keys.auditSign, onFull: () => freeReserve(dir) };
  return [
    new Ledger({ ...common, path: join(dir, "HEADS"), dir: null, anchors: [] }),
    new Ledger({ ...common, path: userLedgerPath(home), dir: project ?? home, anchors: settings.anchors }),
  ];
}

/** Appends lines to every ledger; `degraded` when one of them had to fall back on the reserve. */
export async function appendToAll(
  ledgers: readonly Ledger[],
  entries: readonly LedgerEntry[],
  sync = false,
): Promise<{ readonly degraded: boolean }> {
  for (const ledger of ledgers) await ledger.append(entries, sync);
  return { degraded: ledgers.some((ledger) => ledger.degraded) };
}

/** Path of the user ledger. */
export function userLedgerPath(home: string): string {
  return join(home, "trust", "HEADS");
}
