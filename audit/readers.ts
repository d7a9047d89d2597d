import { parsePublicKey } from "../core/mod.ts";
import { AuditError } from "./errors.ts";
import type { AuditKeys } from "./log.ts";
import type { AuditSettings } from "./settings.ts";

/** Somebody who will be able to read new segments. */
export interface SegmentReader {
  readonly kid: string;
  readonly publicKey: Uint8Array;
}

/** Most auditors that one segment is written for. */
const MAX_READERS = 64;

/**
 * Chooses for whom new segments are encrypted.
 *
 * @param settings The `audit:` block.
 * @param keys Our own keys.
 * @returns At least one reader.
 * @throws {AuditError} `CONFIG_INVALID` when auditors are asked for and none is named, or a key line is wrong.
 */
export function chooseReaders(settings: AuditSettings, keys: AuditKeys): readonly SegmentReader[] {
  const own = settings.recipients === "auditor" ? [] : [keys.auditBox];
  const auditors = settings.recipients === "self" ? [] : settings.auditor.map(readAuditor);
  // Threat: a record that nobody, or only the wrong one, could ever read back.
  if (settings.recipients !== "self" && auditors.length === 0) {
    throw new AuditError(
      "CONFIG_INVALID",
      `Cannot record for "${settings.recipients}": no key stands in audit.auditor`,
      {
        hint: 'add the line that the auditor\'s "agentzero audit keys pub --reader" prints',
      },
    );
  }
  if (own.length + auditors.length > MAX_READERS) {
    throw new AuditError("CONFIG_INVALID", `Cannot record for ${auditors.length} auditors: at most ${MAX_READERS - 1}`);
  }
  const byKid = new Map([...own, ...auditors].map((reader) => [reader.kid, reader]));
  return [...byKid.values()];
}

function readAuditor(line: string): SegmentReader {
  const key = parsePublicKey(line);
  if (key.use === "audit-box") return key;
  throw new AuditError("CONFIG_INVALID", `Cannot record for key ${key.kid}: it is for "${key.use}", not "audit-box"`, {
    hint: "an auditor's reading key starts with: azpub/1 audit-box",
  });
}
