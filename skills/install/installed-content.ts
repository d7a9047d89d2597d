import type { SkillPermissions } from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { SkillsOptions } from "../library.ts";
import { openLocked } from "../load-installed.ts";
import type { LockEntry } from "../lock.ts";
import type { PackageFile } from "../stages.ts";
import { openStore } from "../store.ts";
import { unpackArchive } from "../unpack-archive.ts";

/** What an upgrade is compared with. */
export interface InstalledContent {
  /** Files of the installed release, without the manifest. */
  readonly files: readonly PackageFile[];
  /** What it declared. */
  readonly permissions: SkillPermissions;
}

/**
 * Reads what is installed, to compare an upgrade with. An installed release that cannot be read any more counts as
 * none: then everything is asked anew.
 *
 * @param options Home and keys.
 * @param entry The pin.
 * @returns Files and permissions, or `null`.
 * @throws {SkillsError} `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function readInstalled(
  options: Pick<SkillsOptions, "home" | "keys" | "clock">,
  entry: LockEntry,
): InstalledContent | null {
  const store = openStore(options.home);
  try {
    if (entry.profile === "compat") {
      const files = unpackArchive(store.get(entry.package, { exactly: entry.size }));
      return { files, permissions: entry.permissions };
    }
    const { files, manifest } = openLocked(options, entry, store);
    return { files, permissions: manifest.permissions };
  } catch (cause) {
    if (cause instanceof SkillsError && cause.code.startsWith("TRUST_")) throw cause;
    return null;
  }
}
