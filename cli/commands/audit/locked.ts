import { AuditError, type Problem, type StoredEvent } from "../../../audit/mod.ts";
import type { CommandContext } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-codes.ts";
import type { Reading } from "./open-reading.ts";

/**
 * Refuses to go on with events that could not be decrypted.
 *
 * @param reading The record.
 * @param events What was read.
 * @throws {AuditError} `AUDIT_LOCKED` when any event is closed to us.
 */
export function refuseLocked(reading: Reading, events: readonly StoredEvent[]): void {
  if (events.every(({ event }) => event !== null)) return;
  throw lockedError(reading);
}

/** The failure for a record that the keys at hand do not open. */
export function lockedError(reading: Reading): AuditError {
  if (reading.keys?.locked === true) {
    return new AuditError("AUDIT_LOCKED", "Cannot read the record: a passphrase protects the reading key", {
      hint: "give it on a terminal, with --passphrase-file FILE, or in AGENTZERO_PASSPHRASE",
    });
  }
  return new AuditError("AUDIT_LOCKED", "Cannot read the record: it was written for another reader", {
    hint: "use the auditor's key: --key FILE",
  });
}

/**
 * Says that a record is damaged, where what can be read of it was used all the same.
 *
 * @param context Takes the warning.
 * @param problems What reading met.
 * @returns The exit code: 7 for damage.
 */
export function exitOf(context: CommandContext, problems: readonly Problem[]): ExitCode {
  const [damage] = problems;
  if (damage === undefined) return EXIT.ok;
  context.output.note(`warning: the record is damaged (${damage.detail}); see: agentzero audit verify --all`);
  return EXIT.integrity;
}
