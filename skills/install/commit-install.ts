import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  canonicalJson,
  type Clock,
  errorCode,
  type FileLock,
  rootCode,
  type SkillPermissions,
  takeFileLock,
  writeFileAtomic,
} from "../../core/mod.ts";
import { SkillsError } from "../errors.ts";
import type { SkillsOptions } from "../library.ts";
import { formatLock, type LockEntry, lockPath, readLock } from "../lock.ts";
import { actorOf } from "../package-grant.ts";
import { openStore } from "../store.ts";
import { notePackageGrants } from "../trust/place.ts";
import { pinKey, readPublishers } from "../trust/publishers.ts";
import { checkRevoked, readRevocations } from "../trust/revoked.ts";
import { noteRelease } from "../trust/seen.ts";
import type { InstallPlan } from "./plan-install.ts";
import { checkHistory } from "./history.ts";

/** What a person said yes to. */
export interface InstallConsent {
  /** What is granted: the declared atoms without those that were struck off. */
  readonly permissions: SkillPermissions;
  /** The channel that answered: `terminal`, `flag`; `grant` where nothing had to be asked. */
  readonly by: string;
}

/**
 * Step 12 of an installation: blobs, then grant, seen, and last the lock, each whole or not at all. Whoever is killed
 * on the way leaves no entry or a whole one.
 *
 * @param options Home, keys, policy, project.
 * @param plan The plan.
 * @param consent What was agreed to.
 * @throws {SkillsError} `BUSY` when another installation is under way, `WRITE_FAILED`, and what its history says now.
 */
export async function commitInstall(
  options: SkillsOptions & { readonly project: string },
  plan: InstallPlan,
  consent: InstallConsent,
): Promise<void> {
  const { entry, minisig } = plan;
  await withInstallLock(options, async (check) => {
    const store = openStore(options.home);
    store.sweep();
    checkStillThere(options.project, plan);
    // Threat: a revocation, or another installation, was faster while a person was thinking.
    const { id, key, package: digest } = entry;
    checkRevoked({ own: readRevocations(options), publishers: readPublishers(options) }, { id, key, digest });
    if (minisig !== null) {
      const text = new TextDecoder().decode(minisig);
      checkHistory(options, { entry, minisig: text, installed: plan.installed, allowDowngrade: plan.downgrade });
      if (plan.newKey !== null) pinKey(options, { namespace: entry.id.split("/")[0] ?? "", key: plan.newKey });
    }
    store.put(minisig === null ? [plan.archive, plan.text] : [plan.archive, minisig, plan.text]);
    check();
    const skill = actorOf(entry, consent.permissions, options.project);
    await options.policy.grantPackage({ skill, tainted: false, scope: "package", by: consent.by });
    // Before the pin stands, so that a kill leaves no grant that can be taken back unseen.
    notePackageGrants(options);
    if (minisig !== null) {
      const { seq, version } = entry;
      noteRelease(options, entry.id, { seq, version, digest, minisig: new TextDecoder().decode(minisig) });
    }
    check();
    writeLock(options.project, (entries) => [...entries.filter(({ name }) => name !== entry.name), entry]);
    await dropOldGrants(options, entry);
    notePackageGrants(options);
  });
}

/** What was asked was compared with what was installed then. */
function checkStillThere(project: string, { entry, installed }: InstallPlan): void {
  const now = readLock(project)?.find(({ name }) => name === entry.name) ?? null;
  if (canonicalJson(now) === canonicalJson(installed)) return;
  throw new SkillsError("BUSY", `Cannot install ${entry.id}: another installation changed "${entry.name}" meanwhile`, {
    hint: "run it again: what is asked may differ now",
  });
}

/** What was granted to an earlier release ends with it: going back to that one is asked about again. */
async function dropOldGrants({ policy }: Pick<SkillsOptions, "policy">, entry: LockEntry): Promise<void> {
  const old = policy.grants().filter(({ capability, skill }) =>
    capability === "package_install" && skill?.id === entry.id && skill.digest !== entry.package
  );
  for (const { id } of old) {
    // oxlint-disable-next-line no-await-in-loop -- one file holds them all
    await policy.forget(id);
  }
}

/**
 * Takes a skill out: its pin and its grant. What was seen of it stays, so that an old release is still refused.
 *
 * @param options Home, keys, policy, project.
 * @param entry Its pin.
 * @throws {SkillsError} `BUSY`, `WRITE_FAILED`, `LOCK_INVALID`.
 */
export async function removeInstalled(
  options: SkillsOptions & { readonly project: string },
  entry: LockEntry,
): Promise<void> {
  await withInstallLock(options, async (check) => {
    check();
    writeLock(options.project, (entries) => entries.filter(({ name }) => name !== entry.name));
    await options.policy.revokePackage(entry.id);
    notePackageGrants(options);
  });
}

function writeLock(project: string, edit: (entries: readonly LockEntry[]) => readonly LockEntry[]): void {
  const path = lockPath(project);
  try {
    writeFileAtomic(path, formatLock(edit(readLock(project) ?? [])), 0o644);
  } catch (cause) {
    if (cause instanceof SkillsError) throw cause;
    throw new SkillsError("WRITE_FAILED", `Cannot write "${path}": ${rootCode(cause)}`, {
      hint: "make room on the disk, or mend the rights of .agentzero",
      cause,
    });
  }
}

/** One installation at a time in this home, and in this project, whoever's home it is. */
async function withInstallLock<T>(
  { home, project, clock }: Pick<SkillsOptions, "home" | "clock"> & { readonly project: string },
  work: (check: () => void) => Promise<T>,
): Promise<T> {
  const held: FileLock[] = [];
  try {
    held.push(takeLock(join(home, "store", "install.lock"), clock));
    held.push(takeLock(join(project, ".agentzero", "state", "skills.lock.lock"), clock));
    return await work(() => {
      for (const lock of held) checkLock(lock);
    });
  } finally {
    for (const lock of held.toReversed()) lock.release();
  }
}

function takeLock(path: string, clock: Clock): FileLock {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return takeFileLock(path, clock);
  } catch (cause) {
    throw lockFailure(cause, path);
  }
}

function checkLock(lock: FileLock): void {
  try {
    lock.check();
  } catch (cause) {
    throw lockFailure(cause, null);
  }
}

function lockFailure(cause: unknown, path: string | null): SkillsError {
  if (errorCode(cause) === "VAULT_BUSY") {
    return new SkillsError("BUSY", "Cannot install: another installation is under way", {
      hint: path === null ? "run it again" : `try again; if nothing else runs, delete "${path}"`,
      cause,
    });
  }
  return new SkillsError("WRITE_FAILED", `Cannot install: ${rootCode(cause)}`, {
    hint: "make room on the disk, or mend the rights of the home",
    cause,
  });
}
