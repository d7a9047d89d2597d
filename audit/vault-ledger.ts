import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Clock, fromBase64, loadSodium, type Random, type VaultLedger, type VaultMark } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import { rolledNames } from "./ledger-tail.ts";
import { Ledger } from "./ledger.ts";
import { parseLedgerLine } from "./ledger-line.ts";
import { type LedgerLine, ledgerSigner, readLedger } from "./ledger-read.ts";
import { userLedgerPath } from "./ledgers.ts";
import type { AuditKeys, WriterFacts } from "./log.ts";
import { NODE_FILES } from "./log-files.ts";
import { prepareFolder } from "./session-files.ts";

/** What the vault's marks are written with. */
export interface VaultLedgerOptions {
  /** `$AGENTZERO_HOME`. */
  readonly home: string;
  /** Signs the lines. */
  readonly keys: AuditKeys;
  /** Times of the lines. */
  readonly clock: Clock;
  /** Names what the lock of a dead process is moved to. */
  readonly random: Random;
  /** The process that writes. */
  readonly writer: WriterFacts;
  /** Files that get a copy of each line. */
  readonly anchors?: readonly string[] | undefined;
}

const KIND = '"kind":"vault"';

/**
 * Keeps the newest generation of the vault in the user ledger, so that an older vault file put back is found.
 *
 * @param options Where, and with which keys.
 * @returns The port that `openVault()` of core takes.
 */
export function createVaultLedger(options: VaultLedgerOptions): VaultLedger {
  const path = userLedgerPath(options.home);
  return {
    async read(): Promise<VaultMark | null> {
      await loadSodium();
      const line = findLine(path);
      const record = line === null ? null : parseLedgerLine(line);
      if (line === null) return null;
      const signed = record !== null && isOurs({ record, text: line }, options.keys.auditSign.publicKey, path);
      if (record?.gen === undefined || record.mac === undefined || !signed) {
        throw new AuditError("LEDGER_BROKEN", `Cannot trust "${path}": its line about the vault was changed`, {
          hint: "see: agentzero audit verify --all",
        });
      }
      return { gen: record.gen, mac: record.mac };
    },
    async append(gen: number, mac: string): Promise<void> {
      await loadSodium();
      prepareFolder(dirname(path));
      const { keys, clock, random, writer, anchors = [] } = options;
      const ledger = new Ledger({
        path,
        dir: null,
        identity: keys.auditSign,
        anchors,
        files: NODE_FILES,
        clock,
        random,
        writer,
        onFull() {},
      });
      try {
        await ledger.append([{ kind: "vault", gen, mac }], true);
      } finally {
        ledger.close();
      }
    },
  };
}

/**
 * Whether this identity signed a line, or one that it announced: a change of identity that was killed right before the
 * new one took effect leaves a mark of the new one.
 *
 * Threat: an identity that was replaced since may be the one that was stolen. The tie is never followed back to it.
 */
function isOurs(line: LedgerLine, identity: Uint8Array, path: string): boolean {
  if (ledgerSigner(line, [identity]) !== null) return true;
  const announced = readLedger(path, "user HEADS").lines
    .filter((each) => each.record.kind === "key" && ledgerSigner(each, [identity]) !== null)
    .flatMap(({ record }) => fromBase64(record.mac ?? "") ?? []);
  return ledgerSigner(line, announced) !== null;
}

/** The last line about the vault, in the ledger or in what it was moved to. */
function findLine(path: string): string | null {
  const files = [path, ...rolledNames(path).toReversed().map((name) => join(dirname(path), name))];
  for (const file of files) {
    const bytes = readWhole(file);
    const at = bytes.lastIndexOf(KIND);
    if (at === -1) continue;
    const end = bytes.indexOf(0x0a, at);
    // A line without its end was never finished: the one before it counts.
    if (end !== -1) return bytes.toString("utf8", bytes.lastIndexOf(0x0a, at) + 1, end);
    const before = bytes.lastIndexOf(KIND, at - 1);
    if (before === -1) continue;
    return bytes.toString("utf8", bytes.lastIndexOf(0x0a, before) + 1, bytes.indexOf(0x0a, before));
  }
  return null;
}

function readWhole(path: string): Buffer {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const buffer = Buffer.alloc(size);
  if (size === 0) return buffer;
  const fd = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}
