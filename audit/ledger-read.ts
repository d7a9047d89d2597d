import { dirname, join } from "node:path";
import { blake2b, fromBase64, verifySignature } from "../core/mod.ts";
import { chainText, ZERO_CHAIN } from "./chain.ts";
import { AuditError } from "./errors.ts";
import { SIGNATURE_TAIL } from "./grammar.ts";
import { type LedgerRecord, parseLedgerLine } from "./ledger-line.ts";
import { MAX_LEDGER_LINE, rolledNames } from "./ledger-tail.ts";
import { readLines } from "./read-lines.ts";

/** One line of a ledger as it stands in the file. */
export interface LedgerLine {
  readonly record: LedgerRecord;
  readonly text: string;
}

/** A break in a ledger. */
export interface LedgerBreak {
  readonly detail: string;
  /** How many sound lines stood before it. */
  readonly after: number;
}

/** A ledger after one walk over all its files. */
export interface LedgerView {
  /** Name for people: `HEADS`, `user HEADS` or the path of an anchor. */
  readonly name: string;
  /** `false` when there is no such file. */
  readonly exists: boolean;
  readonly lines: readonly LedgerLine[];
  readonly breaks: readonly LedgerBreak[];
}

/**
 * Reads a ledger: form, numbers and chain of every line. Signatures are checked by {@link isLedgerSigned}, only where
 * they matter, since each costs as much as a hundred hashes.
 *
 * @param path Path of the ledger; what was moved to `<path>.<n>` is read before it.
 * @param name Name for people.
 * @param partial `true` for an anchor: it may begin, and have gaps, anywhere.
 * @returns All lines that can be read; a line that breaks form or chain is noted and the walk goes on after it.
 */
export function readLedger(path: string, name: string, partial = false): LedgerView {
  const files = partial ? [path] : [...rolledNames(path).map((rolled) => join(dirname(path), rolled)), path];
  const walk = new LedgerWalk(partial);
  const found = files.filter((file) => walk.read(file));
  return { name, exists: found.length > 0, lines: walk.lines, breaks: walk.breaks };
}

/**
 * Checks the signature of a ledger line.
 *
 * @param line The line.
 * @param keys Ed25519 keys of the installation, today's and earlier ones.
 * @returns The key that signed it, or `null`.
 */
export function ledgerSigner(line: LedgerLine, keys: readonly Uint8Array[]): Uint8Array | null {
  const signature = fromBase64(line.record.sig);
  if (signature === null) return null;
  const signed = `azheads/1\n${line.text.slice(0, -SIGNATURE_TAIL)}`;
  return keys.find((key) => verifySignature(signature, signed, key)) ?? null;
}

class LedgerWalk {
  readonly lines: LedgerLine[] = [];
  readonly breaks: LedgerBreak[] = [];
  readonly #partial: boolean;
  #n = 0;
  #chain = chainText(ZERO_CHAIN);
  #lost = false;

  constructor(partial: boolean) {
    this.#partial = partial;
  }

  /** Reads one file; `false` when there is none. */
  read(path: string): boolean {
    try {
      readLines(path, MAX_LEDGER_LINE, ({ buffer, start, end }) => this.#take(buffer.subarray(start, end)));
      return true;
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      if (error.code === "NOT_FOUND") return false;
      this.#break(error.message);
      return true;
    }
  }

  #take(bytes: Buffer): boolean {
    const text = bytes.toString("utf8");
    const record = parseLedgerLine(text);
    const chain = chainText(blake2b(bytes));
    if (record === null) {
      this.#break(`line ${this.#n + 1} is no line of azheads/1`);
      // What follows may still be sound; it just cannot be tied to what stood here.
      this.#n++;
      this.#lost = true;
      this.#chain = chain;
      return true;
    }
    const gap = this.#partial && record.n !== this.#n + 1;
    if (!gap && (record.n !== this.#n + 1 || record.prev !== this.#chain)) {
      this.#break(`line ${record.n} does not follow the one before it`);
    } else if (this.#lost && record.prev !== this.#chain) this.#break(`line ${record.n} does not follow`);
    this.lines.push({ record, text });
    this.#lost = false;
    this.#n = record.n;
    this.#chain = chain;
    return true;
  }

  #break(detail: string): void {
    this.breaks.push({ detail, after: this.lines.length });
  }
}
