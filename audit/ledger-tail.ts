import { lstatSync, readdirSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { blake2b } from "../core/mod.ts";
import { chainText } from "./chain.ts";
import { AuditError } from "./errors.ts";
import { parseLedgerLine } from "./ledger-line.ts";

/** The longest line of a ledger, in bytes. */
export const MAX_LEDGER_LINE = 16_384;

/**
 * Reads what the next line goes on from.
 *
 * @param fd The open ledger.
 * @param size Its size in bytes, more than 0.
 * @param path Names it in messages.
 * @returns Number and chain value of the last whole line, `torn` when bytes follow it; `null` when the file is short and
 * has none.
 * @throws {AuditError} `LEDGER_BROKEN` when that line is no line of a ledger.
 */
export function readTail(
  fd: number,
  size: number,
  path: string,
): { readonly n: number; readonly chain: string; readonly torn: boolean } | null {
  const length = Math.min(size, 2 * MAX_LEDGER_LINE);
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, size - length);
  const end = bytes.lastIndexOf(0x0a);
  const start = end <= 0 ? 0 : bytes.lastIndexOf(0x0a, end - 1) + 1;
  const line = bytes.subarray(start, Math.max(end, 0));
  if (end === -1 && size === length) return null;
  const record = parseLedgerLine(line.toString("utf8"));
  if (record === null) {
    throw new AuditError("LEDGER_BROKEN", `Cannot continue ledger "${path}": its last line was changed`, {
      hint: "see `agentzero audit verify --all`; to begin a new ledger, move that file away",
    });
  }
  return { n: record.n, chain: chainText(blake2b(line)), torn: end !== length - 1 };
}

/**
 * Lists the files that a ledger was moved to, oldest first.
 *
 * @param path Path of the ledger, e.g. `…/HEADS`.
 * @returns Names in the same folder.
 */
export function rolledNames(path: string): readonly string[] {
  const start = `${basename(path)}.`;
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return [];
  }
  return names.filter((name) => name.startsWith(start) && /^[1-9][0-9]*$/.test(name.slice(start.length)))
    .toSorted((a, b) => Number(a.slice(start.length)) - Number(b.slice(start.length)));
}

/**
 * Tells which file stands at a path.
 *
 * @param path Path of a ledger.
 * @returns Its inode number, or `null` where nothing can be seen.
 * @throws {AuditError} `LOG_UNSAFE` for a link, a folder or a device.
 */
export function inodeOf(path: string): number | null {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile()) throw unsafe(path);
    return stat.ino;
  } catch (error) {
    if (error instanceof AuditError) throw error;
    return null;
  }
}

// Threat: a link in place of a ledger, so that its lines go into another file.
export function unsafe(path: string): AuditError {
  return new AuditError("LOG_UNSAFE", `Cannot use "${path}": it is not a regular file`, {
    hint: "move it away; nothing is written through links",
  });
}
