import { join } from "node:path";
import { loadSodium, toBase64 } from "../core/mod.ts";
import { Ledger } from "./ledger.ts";
import { userLedgerPath } from "./ledgers.ts";
import { NODE_FILES } from "./log-files.ts";
import type { ReadNote } from "./record-read.ts";
import { prepareFolder } from "./session-files.ts";

/** A new signing key, and the old one that vouches for it. */
export interface IdentityChange extends Omit<ReadNote, "project" | "session"> {
  /** The new public key, Ed25519. `keys` still holds the old pair. */
  readonly next: Uint8Array;
}

/**
 * Announces a new signing key in both ledgers, signed by the old one, on the disk: what the old one signed stays
 * verifiable. Call it before the new key takes effect.
 *
 * @param change Where, and both keys.
 * @throws {AuditError} `AUDIT_UNWRITABLE`.
 */
export async function announceIdentity(change: IdentityChange): Promise<void> {
  await loadSodium();
  const { dir, home, keys, next, clock, random, writer, anchors = [] } = change;
  prepareFolder(dir);
  prepareFolder(join(home, "trust"));
  const common = {
    files: NODE_FILES,
    clock,
    random,
    writer,
    identity: keys.auditSign,
    dir: null,
    onFull() {},
  };
  for (
    const place of [
      { path: join(dir, "HEADS"), anchors: [] },
      { path: userLedgerPath(home), anchors },
    ]
  ) {
    const ledger = new Ledger({ ...common, ...place });
    await ledger.append([{ kind: "key", mac: toBase64(next) }], true);
    ledger.close();
  }
}
