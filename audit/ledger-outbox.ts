import type { LedgerEntry } from "./ledger-line.ts";
import type { LogSinks } from "./log-sinks.ts";
import { diskFull } from "./write-failure.ts";

/** Lines on their way to the ledgers, which get them with the next flush. */
export class LedgerOutbox {
  readonly #append: LogSinks["appendHeads"];
  #waiting: readonly LedgerEntry[] = [];
  #behind = false;

  constructor(append: LogSinks["appendHeads"]) {
    this.#append = append;
  }

  /** `true` once one ledger may have a line that the other lacks: nothing more is written to either. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Adds a line; of several heads between two flushes the last one says it all. */
  add(entry: LedgerEntry): void {
    const kept = entry.kind === "head" ? this.#waiting.filter(({ kind }) => kind !== "head") : this.#waiting;
    this.#waiting = [...kept, entry];
  }

  /** Takes what is waiting; whoever takes it sends it. */
  take(): readonly LedgerEntry[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /**
   * Appends lines to every ledger.
   *
   * @param entries What {@link take} gave.
   * @throws {AuditError} `AUDIT_UNWRITABLE`, also when they fitted into the reserve only.
   */
  async send(entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length === 0 || this.#behind) return;
    try {
      if (!(await this.#append(entries)).degraded) return;
    } catch (error) {
      // One ledger may have the line and the other not. As long as the session is not closed that is no contradiction;
      // so nothing more is written to either, and the segment stays unclosed.
      this.#behind = true;
      throw error;
    }
    throw diskFull();
  }
}
