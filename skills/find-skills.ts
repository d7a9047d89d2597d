import { join } from "node:path";
import { lstatSync } from "node:fs";
import type { Digest } from "../core/mod.ts";
import { emptyPerm, type FolderSkill, listFolderSkills, peekFolderText } from "./folder-skill.ts";
import type { OtherSkill, SkillListing, SkillPlace, SkillsOptions } from "./library.ts";
import { type LockEntry, readLock } from "./lock.ts";
import { grantedPermissions } from "./package-grant.ts";
import { MAX_SIGNATURE_BYTES } from "./minisign.ts";
import { openStore, type SkillStore } from "./store.ts";
import { checkPackageGrants } from "./trust/place.ts";
import { readPublishers } from "./trust/publishers.ts";
import { readRevocations, revocationOf } from "./trust/revoked.ts";
import { readSeen } from "./trust/seen.ts";
import { peekText } from "./stored-text.ts";
import { isSkillName } from "./names.ts";
import { showText } from "./visible-text.ts";

/** A skill that was found, and what its text is read from. */
export type FoundSkill =
  & { readonly listing: SkillListing }
  & (
    | { readonly kind: "other"; readonly other: OtherSkill }
    | { readonly kind: "installed"; readonly entry: LockEntry }
    | { readonly kind: "folder"; readonly folder: FolderSkill; readonly text: Digest | null }
  );

/**
 * Finds every skill in the order of the search: built-in, installed, generated, then the folders of home, project and
 * `.agents`. The first holder keeps a name; later ones are refused with `SHADOW` and shown.
 *
 * @param options Home, keys, policy, project, and what others hold.
 * @returns In the order of the search.
 * @throws {SkillsError} `LOCK_INVALID`, `TRUST_TAMPERED`, `TRUST_LOCKED`.
 */
export function findSkills(options: SkillsOptions): readonly FoundSkill[] {
  const { project, others } = options;
  const all: readonly FoundSkill[] = [
    ...others.filter(({ listing }) => listing.place === "builtin").map(asOther),
    ...(project === null ? [] : installedSkills(options, project)),
    ...others.filter(({ listing }) => listing.place !== "builtin").map(asOther),
    ...folderSkills(options),
  ];
  const holders = new Map<string, string>(options.reserved.map((name) => [name, "a built-in tool"]));
  return all.map((found) => {
    const { name } = found.listing;
    if (holders.has(name)) return { ...found, listing: { ...found.listing, state: "refused", code: "SHADOW" } };
    holders.set(name, found.listing.place);
    return found;
  });
}

function asOther(other: OtherSkill): FoundSkill {
  return { kind: "other", listing: other.listing, other };
}

function installedSkills(options: SkillsOptions, project: string): readonly FoundSkill[] {
  const lock = readLock(project);
  if (lock === null || lock.length === 0) return [];
  checkPackageGrants(options, options.policy.tampered());
  readSeen(options);
  const store = openStore(options.home);
  const grants = options.policy.grants();
  const revoked = { own: readRevocations(options), publishers: readPublishers(options) };
  return lock.toSorted((a, b) => a.name < b.name ? -1 : 1).map((entry) => {
    const { key, id, package: digest } = entry;
    const code = (revocationOf(revoked, { key, id, digest }) === null ? null : "REVOKED") ??
      store.glance(digest, { exactly: entry.size }) ??
      (entry.sig === null ? null : store.glance(entry.sig, { atMost: MAX_SIGNATURE_BYTES })) ??
      (grantedPermissions(grants, { id, digest }) === null ? "PERM_WIDENED" : null);
    return { kind: "installed", entry, listing: installedListing(entry, code, store) };
  });
}

function installedListing(entry: LockEntry, code: string | null, store: SkillStore): SkillListing {
  const { name, id, version, profile, runtime, perm, fingerprint, source } = entry;
  const ignored = profile === "secure" ? [] : peekText(entry, store)?.ignored ?? [];
  const state = code === null ? "ready" : code === "PERM_WIDENED" ? "asks" : "refused";
  return { name, id, version, profile, runtime, state, code, perm, fingerprint, source, ignored, place: "installed" };
}

function folderSkills(options: SkillsOptions): readonly FoundSkill[] {
  const { home, project } = options;
  const own = listed(options, "home", join(home, "skills"));
  if (project === null) return own;
  return [
    ...own,
    ...listed(options, "project", join(project, ".agentzero", "skills")),
    ...listed(options, "agents", join(project, ".agents", "skills")),
  ];
}

function listed(options: SkillsOptions, place: SkillPlace, parent: string): readonly FoundSkill[] {
  // A folder with `active.json` is a generated tool, whoever put it there; its registry says what it is worth.
  const folders = listFolderSkills(parent).filter(({ dir }) => place !== "project" || !isGenerated(dir));
  const trusted = place === "home" || isProjectTrusted(options);
  const { texts } = folders.length === 0 ? { texts: {} as Readonly<Record<string, Digest>> } : readSeen(options);
  return folders.map((folder) => {
    const text = peekFolderText(folder);
    const key = textKey(options, place, folder);
    const known = "code" in text ? null : Object.hasOwn(texts, key) ? texts[key] ?? null : null;
    const code = !trusted
      ? "PROJECT_UNTRUSTED"
      : "code" in text
      ? text.code
      : known !== null && known !== text.digest
      ? "CONTENT_CHANGED"
      : null;
    const refused = !trusted || "code" in text;
    const digest = "code" in text ? null : text.digest;
    const state = refused ? "refused" : known !== null && known === digest ? "ready" : "asks";
    return {
      kind: "folder",
      folder,
      text: digest,
      listing: {
        name: shownName(folder),
        id: `local/${shownName(folder)}`,
        version: "0.0.0",
        profile: "compat",
        runtime: "none",
        state,
        code,
        perm: emptyPerm(),
        fingerprint: digest,
        source: folder.dir,
        ignored: "code" in text ? [] : text.md.ignored,
        place,
      },
    };
  });
}

// A name that follows no grammar is refused, and only ever shown.
function shownName({ name }: FolderSkill): string {
  return isSkillName(name) ? name : showText(name);
}

/** What the text of a folder skill is remembered under. */
export function textKey(options: SkillsOptions, place: SkillPlace, { name }: FolderSkill): string {
  return `${place === "home" ? "" : options.project ?? ""}\n${place}/${name}`;
}

/** Tells whether a person vouched for the project as it is: what lies in it counts only then. */
export function isProjectTrusted({ policy }: Pick<SkillsOptions, "policy">): boolean {
  return policy.generation.layers.some(({ layer, grants, sha256 }) => layer === "project" && grants && sha256 !== null);
}

function isGenerated(dir: string): boolean {
  return lstatSync(join(dir, "active.json"), { throwIfNoEntry: false }) !== undefined;
}
