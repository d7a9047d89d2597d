import type { AtomicAction, SkillPermissions } from "../../core/mod.ts";
import type { InspectComponent } from "../component-imports.ts";
import { SkillsError } from "../errors.ts";
import type { SkillsOptions } from "../library.ts";
import { describeCompat, describeSigned } from "../lock-entry.ts";
import { type LockEntry, readLock } from "../lock.ts";
import type { PublicSigningKey } from "../minisign.ts";
import { BUILTIN_SKILL_NAMES } from "../names.ts";
import { actorOf, grantedPermissions } from "../package-grant.ts";
import type { SkillMd } from "../skill-md.ts";
import { readSkillMd } from "../read-skill-md.ts";
import type { SourceBundle } from "../sources/local.ts";
import type { PackageFile } from "../stages.ts";
import { checkPackageGrants } from "../trust/place.ts";
import { checkRevoked, readRevocations } from "../trust/revoked.ts";
import { checkHistory } from "./history.ts";
import { consider, type InstallQuestion } from "./install-question.ts";
import { readInstalled } from "./installed-content.ts";
import { skillText } from "./same-content.ts";
import { verifySource } from "./verify-source.ts";
import { newImports, otherSigner } from "./wider-origin.ts";

/** An installation after steps 1 to 10: nothing was written. */
export interface InstallPlan {
  /** The pin as it would be. */
  readonly entry: LockEntry;
  /** What is installed under the name, or `null`. */
  readonly installed: LockEntry | null;
  /** Its text. */
  readonly md: SkillMd;
  /** The archive. */
  readonly archive: Uint8Array;
  /** The text of its signature; `null` for a folder. */
  readonly minisig: Uint8Array | null;
  /** The text `SKILL.md`, as bytes. */
  readonly text: Uint8Array;
  /** A key that a person must pin first, or `null`. */
  readonly newKey: PublicSigningKey | null;
  /** `true` when it is older than what was seen. */
  readonly downgrade: boolean;
  /** `package_install`, for policy. */
  readonly action: AtomicAction;
  /** What is asked, or `null`: the same content with the same permissions or fewer. */
  readonly question: InstallQuestion | null;
  /** What is granted without a further question. */
  readonly base: SkillPermissions;
}

/** How an installation is planned. */
export interface PlanOptions {
  /** How to look into a component. */
  readonly inspect: InspectComponent;
  /** A person at a terminal could be asked about a new key. */
  readonly canAsk: boolean;
  /** A person typed that an older release is meant. */
  readonly allowDowngrade: boolean;
}

/**
 * Steps 1 to 10 of an installation: everything that can be found out without asking and without writing.
 *
 * @param options Home, keys, policy, project.
 * @param bundle What the source gave.
 * @param plan How.
 * @returns The plan.
 * @throws {SkillsError} The reason code of the first step that fails.
 */
export async function planInstall(
  options: SkillsOptions & { readonly project: string },
  bundle: SourceBundle,
  plan: PlanOptions,
): Promise<InstallPlan> {
  await options.policy.refresh();
  checkPackageGrants(options, options.policy.tampered());
  const opened = bundle.kind === "signed" ? await openSigned(options, bundle, plan) : openFolder(options, bundle);
  const { entry } = opened;
  const installed = readLock(options.project)?.find(({ name }) => name === entry.name) ?? null;
  const downgrade = opened.minisig === null ? false : checkHistory(options, {
    entry,
    minisig: new TextDecoder().decode(opened.minisig),
    installed,
    allowDowngrade: plan.allowDowngrade,
  });
  checkShadow(options, entry, installed);
  const before = installed === null ? null : readInstalled(options, installed);
  const granted = installed === null
    ? null
    : grantedPermissions(options.policy.grants(), { id: installed.id, digest: installed.package });
  const besides = before === null || installed === null
    ? []
    : [...otherSigner(installed, entry), ...await newImports(before.files, opened.files, plan.inspect)];
  return {
    ...opened,
    installed,
    downgrade,
    action: actionOf(options, entry),
    ...consider(opened, { content: before, granted, besides }),
  };
}

interface Opened extends Pick<InstallPlan, "entry" | "md" | "archive" | "minisig" | "text" | "newKey"> {
  readonly files: readonly PackageFile[];
}

async function openSigned(
  options: SkillsOptions,
  bundle: Extract<SourceBundle, { kind: "signed" }>,
  plan: PlanOptions,
): Promise<Opened> {
  const { opened, newKey } = await verifySource(options, bundle, plan);
  const { md, files, trusted: { signed } } = opened;
  return {
    entry: describeSigned(opened, bundle.source),
    md,
    files,
    archive: bundle.archive,
    minisig: bundle.minisig,
    text: skillText(files),
    newKey: newKey ? signed.key : null,
  };
}

function openFolder(options: SkillsOptions, bundle: Extract<SourceBundle, { kind: "folder" }>): Opened {
  const { name, archive, files } = bundle;
  const { id, package: digest } = describeCompat(bundle);
  checkRevoked({ own: readRevocations(options), publishers: [] }, { key: null, id, digest });
  const text = skillText(files);
  const md = readSkillMd(text, { profile: "compat", folder: name });
  return { entry: describeCompat(bundle), md, files, archive, minisig: null, text, newKey: null };
}

function checkShadow({ reserved, others }: SkillsOptions, entry: LockEntry, installed: LockEntry | null): void {
  const builtin = reserved.includes(entry.name) || BUILTIN_SKILL_NAMES.includes(entry.name) ||
    others.some(({ listing }) => listing.place === "builtin" && listing.name === entry.name);
  const holder = builtin
    ? "a built-in tool or skill"
    : installed !== null && installed.id !== entry.id
    ? `the installed skill ${installed.id}`
    : null;
  // Threat: a skill that takes the name of one that is trusted, and its calls with it.
  if (holder === null) return;
  throw new SkillsError("SHADOW", `Cannot install ${entry.id}: ${holder} has the name "${entry.name}"`, {
    hint: builtin ? "its publisher must rename it" : `agentzero skill remove ${entry.name}, if the new one is meant`,
  });
}

function actionOf({ project }: SkillsOptions & { readonly project: string }, entry: LockEntry): AtomicAction {
  const { id, version, package: digest } = entry;
  return {
    capability: "package_install",
    target: { kind: "package", id, version, digest },
    classes: ["public"],
    tier: "none",
    tainted: false,
    skill: actorOf(entry, entry.permissions, project),
  };
}
