import type { SkillListing } from "../../../skills/mod.ts";

/**
 * A skill as `--json` prints it.
 *
 * @param listing The skill.
 * @returns The fields of the contract, in its order.
 */
export function listingJson(listing: SkillListing): Readonly<Record<string, unknown>> {
  const { name, id, version, profile, runtime, state, code, perm, fingerprint, source, ignored } = listing;
  return { name, id, version, profile, runtime, state, code, perm, fingerprint, source, ignored };
}
