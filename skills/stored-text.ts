import type { LockEntry } from "./lock.ts";
import { checkSkillMd } from "./read-skill-md.ts";
import type { SkillMd } from "./skill-md.ts";
import type { SkillStore } from "./store.ts";

const MAX_TEXT_BYTES = 65_536;

/**
 * Reads the `SKILL.md` of an installed skill from the store, for lists: name and description, never authority.
 *
 * @param entry The pin.
 * @param store The store.
 * @returns What it says, or `null` when it cannot be read.
 */
export function peekText(entry: LockEntry, store: SkillStore): SkillMd | null {
  try {
    const bytes = store.get(entry.text, { atMost: MAX_TEXT_BYTES });
    return checkSkillMd(bytes, { profile: entry.profile, folder: entry.name }).md;
  } catch {
    return null;
  }
}
