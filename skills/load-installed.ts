import { canonicalJson } from "../core/mod.ts";
import { showWord } from "../policy/mod.ts";
import { SkillsError } from "./errors.ts";
import type { SkillsOptions } from "./library.ts";
import type { LockEntry } from "./lock.ts";
import { MAX_SIGNATURE_BYTES, parsePublicKey } from "./minisign.ts";
import { claimPackage, reopenPackage, trustPackage, verifySignedPackage } from "./open-package.ts";
import { actorOf, grantedPermissions, notGranted } from "./package-grant.ts";
import { permDigest } from "./permissions.ts";
import { readSkillMd } from "./read-skill-md.ts";
import { type GrantedSkill, type OpenedPackage, Stage } from "./stages.ts";
import type { SkillStore } from "./store.ts";
import { checkInstalledKey } from "./trust/judge-key.ts";
import { checkPackageGrants } from "./trust/place.ts";
import { readPublishers } from "./trust/publishers.ts";
import { checkRevoked, readRevocations } from "./trust/revoked.ts";
import { readSeen } from "./trust/seen.ts";
import { unpackArchive } from "./unpack-archive.ts";
import { describeCompat, describeSigned } from "./lock-entry.ts";

/**
 * Loads an installed skill. Nothing that an earlier load found out is believed: lock, archive and signature from the
 * store, signature again, revocations, canonical form, permissions against the grant.
 *
 * @param options Home, keys, policy, project.
 * @param entry Its pin.
 * @param store The store.
 * @returns The skill.
 * @throws {SkillsError} What is wrong, by its reason code.
 */
export function loadInstalled(
  options: SkillsOptions & { readonly project: string },
  entry: LockEntry,
  store: SkillStore,
): GrantedSkill {
  checkPackageGrants(options, options.policy.tampered());
  // Nothing of it is needed here; but what was done to one of these files was perhaps done to all.
  readSeen(options);
  const content = entry.profile === "compat" ? loadCompat(options, entry, store) : loadSigned(options, entry, store);
  const granted = grantedPermissions(options.policy.grants(), { id: entry.id, digest: entry.package });
  if (granted === null) throw notGranted(entry);
  const actor = actorOf(entry, granted, options.project);
  // The grant is bound to project, package and permissions; policy looks it up by all of them.
  if (options.policy.packageGrant(actor) === null) throw notGranted(entry);
  checkSubset(entry, granted);
  return { ...content, stage: new Stage("granted"), actor, permissions: granted, perm: permDigest(granted) };
}

type Content = Omit<GrantedSkill, "stage" | "actor" | "permissions" | "perm">;

function loadSigned(options: SkillsOptions, entry: LockEntry, store: SkillStore): Content {
  const opened = openLocked(options, entry, store);
  const { md, manifest, files, component, textDigest, fingerprint } = opened;
  checkEntry(entry, describeSigned(opened, entry.source));
  const bytesOf = new Map(files.map(({ path, bytes }) => [path, bytes]));
  return {
    name: entry.name,
    md,
    fingerprint,
    runtime: entry.runtime,
    entry: md.secure?.entry ?? null,
    file: (path) => bytesOf.get(path) ?? null,
    files: manifest.files.map(({ path, size }) => ({ path, size })),
    component,
    text: md.body,
    textDigest,
  };
}

/**
 * Opens the package that a pin names, all checks but the grant.
 *
 * @param options Home and keys.
 * @param entry The pin of a signed skill.
 * @param store The store.
 * @returns The package.
 * @throws {SkillsError} What is wrong, by its reason code.
 */
export function openLocked(
  options: Pick<SkillsOptions, "home" | "keys" | "clock">,
  entry: LockEntry,
  store: SkillStore,
): OpenedPackage {
  const bytes = fromStore(entry, () => store.get(entry.package, { exactly: entry.size }));
  const { key, sig, id } = entry;
  if (key === null || sig === null) throw invalid(entry, "it has no key or signature");
  const sigBytes = fromStore(entry, () => store.get(sig, { atMost: MAX_SIGNATURE_BYTES }));
  const signed = verifySignedPackage(claimPackage(bytes, sigBytes), parsePublicKey(key));
  const [namespace = "", name = ""] = id.split("/");
  const publishers = readPublishers(options);
  checkInstalledKey(publishers, { namespace, name, key, now: options.clock.now() });
  checkRevoked({ own: readRevocations(options), publishers }, { key, id, digest: signed.digest });
  return reopenPackage(trustPackage(signed, namespace));
}

function loadCompat(options: SkillsOptions, entry: LockEntry, store: SkillStore): Content {
  const bytes = fromStore(entry, () => store.get(entry.package, { exactly: entry.size }));
  const { id, package: digest } = entry;
  checkRevoked({ own: readRevocations(options), publishers: [] }, { key: null, id, digest });
  const files = unpackArchive(bytes);
  const text = files.find(({ path }) => path === "SKILL.md");
  if (text === undefined) throw invalid(entry, "its package has no SKILL.md");
  checkEntry(entry, describeCompat({ name: entry.name, archive: bytes, files, source: entry.source }));
  const md = readSkillMd(text.bytes, { profile: "compat", folder: entry.name });
  const bytesOf = new Map(files.map((file) => [file.path, file.bytes]));
  return {
    name: entry.name,
    md,
    fingerprint: entry.fingerprint,
    runtime: "none",
    entry: null,
    file: (path) => bytesOf.get(path) ?? null,
    files: files.map((file) => ({ path: file.path, size: file.bytes.length })),
    component: null,
    text: md.body,
    textDigest: entry.text,
  };
}

function fromStore(entry: LockEntry, get: () => Uint8Array): Uint8Array {
  try {
    return get();
  } catch (cause) {
    if (!(cause instanceof SkillsError)) throw cause;
    // Threat: a lock of somebody else whose source, copied from here into a shell, is more than one word.
    throw new SkillsError(cause.code, `${cause.message} (skill "${entry.name}")`, {
      hint: `get it again: agentzero skill install ${showWord(entry.source)}`,
      cause,
    });
  }
}

// Threat: a pin that names the right bytes and says something else of them, to whoever reads only the pin.
function checkEntry(entry: LockEntry, real: LockEntry): void {
  const said = new Map(Object.entries(entry).map(([field, value]) => [field, canonicalJson(value)]));
  const wrong = Object.entries(real).find(([field, value]) => said.get(field) !== canonicalJson(value));
  if (wrong !== undefined) throw invalid(entry, `its "${wrong[0]}" is not that of the package`);
}

function checkSubset(entry: LockEntry, granted: GrantedSkill["permissions"]): void {
  const { permissions: declared } = entry;
  for (const field of ["fs.read", "fs.write", "net", "secret", "exec"] as const) {
    const known = new Set<string>((declared[field] as readonly unknown[]).map(canonicalJson));
    if (!(granted[field] as readonly unknown[]).every((atom) => known.has(canonicalJson(atom)))) {
      throw notGranted(entry);
    }
  }
}

function invalid({ name }: LockEntry, why: string): SkillsError {
  return new SkillsError("LOCK_INVALID", `Cannot use skill "${name}": its entry in .agentzero/skills.lock: ${why}`, {
    hint: "take the lock from version control, or install the skill again",
  });
}
