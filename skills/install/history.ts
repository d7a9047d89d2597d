import { SkillsError } from "../errors.ts";
import type { LockEntry } from "../lock.ts";
import { parseOciReference } from "../sources/reference.ts";
import type { TrustPlace } from "../trust/place.ts";
import { noteEvidence, readSeen, type SeenRelease } from "../trust/seen.ts";

/** What a release is compared with. */
export interface HistoryCheck {
  /** What shall be installed. */
  readonly entry: LockEntry;
  /** The text of its signature. */
  readonly minisig: string;
  /** What is installed under its name, or `null`. */
  readonly installed: LockEntry | null;
  /** A person typed that an older one is meant. */
  readonly allowDowngrade: boolean;
}

/**
 * Step 10 of an installation: what was seen of this skill before.
 *
 * @param place Where trust is kept.
 * @param check The release.
 * @returns `true` when it is older than what was seen.
 * @throws {SkillsError} `TAG_MOVED`, `EQUIVOCATION` (both signatures are kept), `ROLLBACK`.
 */
export function checkHistory(place: TrustPlace, check: HistoryCheck): boolean {
  const { entry, installed } = check;
  const release: SeenRelease = {
    seq: entry.seq,
    version: entry.version,
    digest: entry.package,
    minisig: check.minisig,
  };
  const { ids } = readSeen(place);
  const seen = Object.hasOwn(ids, entry.id) ? ids[entry.id] : undefined;
  const twice = seen !== undefined && seen.version === entry.version && seen.digest !== entry.package;
  // Threat: a publisher, or who has its key, gives some people another release of the same version.
  if (twice) noteEvidence(place, { id: entry.id, first: seen, second: release });
  if (installed !== null && isMoved(entry, installed)) {
    throw new SkillsError(
      "TAG_MOVED",
      `Cannot install ${entry.id}@${entry.version}: its tag stands for other bytes now`,
      {
        hint:
          `installed is "${installed.source}"; ask the publisher: a version is never changed, a new one gets a new number`,
      },
    );
  }
  if (twice) {
    throw new SkillsError(
      "EQUIVOCATION",
      `Cannot install ${entry.id}@${entry.version}: another package was signed as the same version`,
      { hint: "both signatures are kept in trust/seen.json of your home: show them to the publisher" },
    );
  }
  if (seen === undefined || seen.seq < entry.seq || seen.digest === entry.package) return false;
  // Threat: an old release with a known hole, genuinely signed.
  if (!check.allowDowngrade) {
    throw new SkillsError(
      "ROLLBACK",
      `Cannot install ${entry.id}@${entry.version}: release ${entry.seq} is not newer than ${seen.seq} (${seen.version}), seen here`,
      { hint: "install the newest; if the old one is meant: --allow-downgrade at a terminal" },
    );
  }
  return true;
}

function isMoved(entry: LockEntry, installed: LockEntry): boolean {
  if (entry.id !== installed.id || entry.version !== installed.version) return false;
  if (!entry.source.startsWith("oci:") || !installed.source.startsWith("oci:")) return false;
  const [now, before] = [parseOciReference(entry.source), parseOciReference(installed.source)];
  const same = now.host === before.host && now.repository === before.repository && now.tag === before.tag;
  return same && now.digest !== before.digest;
}
