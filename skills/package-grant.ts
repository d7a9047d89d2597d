import type { Digest, SkillActor, SkillPermissions } from "../core/mod.ts";
import { type GrantInfo, showWord } from "../policy/mod.ts";
import { SkillsError } from "./errors.ts";
import type { LockEntry } from "./lock.ts";
import { PERMISSIONS_SHAPE } from "./parse-manifest.ts";
import { keyDigest } from "./trust/publishers.ts";

/**
 * Finds what was granted to a package in this project: the declared atoms without those that were struck off.
 *
 * @param grants Answers in force, newest first.
 * @param of Id and digest of the package.
 * @returns The permissions, or `null` when nobody granted it anything.
 */
export function grantedPermissions(
  grants: readonly GrantInfo[],
  of: { readonly id: string; readonly digest: Digest },
): SkillPermissions | null {
  for (const { decision, capability, skill, shape } of grants) {
    if (decision !== "allow" || capability !== "package_install") continue;
    if (skill?.id !== of.id || skill.digest !== of.digest) continue;
    const permissions = permissionsIn(shape);
    if (permissions !== null) return permissions;
  }
  return null;
}

function permissionsIn(shape: string): SkillPermissions | null {
  const value: unknown = JSON.parse(shape);
  if (typeof value !== "object" || value === null || !("permissions" in value)) return null;
  const decoded = PERMISSIONS_SHAPE.safeParse(value.permissions);
  return decoded.success ? decoded.data : null;
}

/**
 * The actor that stands for an installed skill.
 *
 * @param entry Its pin.
 * @param permissions What was granted.
 * @param project Real path of the project, what `workspace:` stands for.
 * @returns The actor.
 */
export function actorOf(entry: LockEntry, permissions: SkillPermissions, project: string): SkillActor {
  const { id, version, key, package: digest, profile } = entry;
  if (profile === "compat") {
    return { id, version: null, publisher: null, digest, trust: "local", permissions, roots: {} };
  }
  return {
    id,
    version,
    publisher: key === null ? null : keyDigest(key),
    digest,
    trust: "signed",
    permissions,
    roots: { workspace: project },
  };
}

/** Says that nobody granted a package what it declares. */
export function notGranted({ name, source }: LockEntry): SkillsError {
  return new SkillsError(
    "PERM_WIDENED",
    `Cannot use skill "${name}": nobody approved here what it may do, or no longer`,
    {
      hint: `look at it and approve it: agentzero skill install ${showWord(source)}`,
    },
  );
}
