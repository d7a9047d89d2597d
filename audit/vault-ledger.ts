import { dirname, join } from "node:path";
import { type Clock, loadSodium, type Random, readOwnFile, type VaultLedger, type VaultMark } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { Ledger, rolledNames } from "./ledger.ts";
import { parseLedgerLine } from "./ledger-line.ts";
import { ledgerSigner } from "./ledger-read.ts";
import type { AuditKeys, WriterFacts } from "./log.ts";
import { NODE_FILES } from "./log-files.ts";
import { userLedgerPath } from "./open-log.ts";

/** What the vault's part of the user ledger needs. */
export interface VaultLedgerOptions {
  /** `$AGENTZERO_HOME`; its `trust` folder exists. */
  readonly home: string;
  readonly keys: Pick<AuditKeys, "auditSign">;
  readonly clock: Clock;
  readonly random: Random;
  readonly writer: WriterFacts;
  /** Files that get a copy of each line. */
  readonly anchors: readonly string[];
}

const MAX_LEDGER_BYTES = 32 * 1024 * 1024;

/**
 * Opens the lines of the user ledger that know the newest generation of the vault, so that an older copy that was put
 * back is found.
 *
 * @param options Where and by whom.
 * @returns The ledger; `read` takes the newest line signed by this installation and throws `LEDGER_BROKEN` when the
 * ledger cannot be read.
 */
export function createVaultLedger(options: VaultLedgerOptions): VaultLedger {
  const path = userLedgerPath(options.home);
  return {
    async read(): Promise<VaultMark | null> {
      await loadSodium();
      for (const file of [path, ...rolledNames(path).toReversed().map((name) => join(dirname(path), name))]) {
        const mark = newestMark(file, options.keys.auditSign.publicKey);
        if (mark !== null) return mark;
      }
      return null;
    },
    async append(gen, mac): Promise<void> {
      const { clock, random, writer, keys, anchors } = options;
      const files = NODE_FILES;
      const ledger = new Ledger({
        files,
        clock,
        random,
        writer,
        anchors,
        path,
        dir: null,
        identity: keys.auditSign,
        // The vault keeps no reserve: a full disk refuses the write.
        onFull: () => {},
      });
      try {
        await ledger.append([{ kind: "vault", gen, mac }], true);
      } finally {
        ledger.close();
      }
    },
  };
}

/** Looks from the end; the chain as a whole is the business of `audit verify`. */
function newestMark(file: string, key: Uint8Array): VaultMark | null {
  const read = readOwnFile(file, { maxBytes: MAX_LEDGER_BYTES });
  if (read.kind === "missing") return null;
  if (read.kind === "unsafe") {
    throw new AuditError("LEDGER_BROKEN", `Cannot read "${file}": ${read.why}`, { hint: read.hint });
  }
  const text = new TextDecoder().decode(read.bytes);
  for (let at = text.lastIndexOf('"kind":"vault"'); at >= 0; at = text.lastIndexOf('"kind":"vault"', at - 1)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const end = text.indexOf("\n", at);
    const line = text.slice(start, end < 0 ? text.length : end);
    const record = parseLedgerLine(line);
    // Threat: a line that somebody added to make an older vault look like the newest.
    if (record?.kind === "vault" && ledgerSigner({ record, text: line }, [key]) !== null) {
      return record.gen === undefined || record.mac === undefined ? null : { gen: record.gen, mac: record.mac };
    }
    if (start === 0) return null;
  }
  return null;
}
