import type { AtomicAction, Digest, SkillPermissions } from "../../core/mod.ts";
import { comparePermissions } from "../compare-permissions.ts";
import type { InspectComponent } from "../component-imports.ts";
import { SkillsError } from "../errors.ts";
import type { SkillsOptions } from "../library.ts";
import { describeCompat, describeSigned } from "../lock-entry.ts";
import { type LockEntry, readLock } from "../lock.ts";
import type { PublicSigningKey } from "../minisign.ts";
import { BUILTIN_SKILL_NAMES } from "../names.ts";
import { actorOf, grantedPermissions } from "../package-grant.ts";
import { type PermissionLine, permissionLines, withoutAtoms } from "../permission-lines.ts";
import type { SecureHeader, SkillMd } from "../skill-md.ts";
import { readSkillMd } from "../read-skill-md.ts";
import type { SourceBundle } from "../sources/local.ts";
import type { PackageFile } from "../stages.ts";
import { checkPackageGrants } from "../trust/place.ts";
import { checkRevoked, readRevocations } from "../trust/revoked.ts";
import { checkHistory } from "./history.ts";
import { type InstalledContent, readInstalled } from "./installed-content.ts";
import { type ContentChange, contentChanges } from "./same-content.ts";
import { verifySource } from "./verify-source.ts";

/** Why a person is asked. */
export type AskReason = "first" | "widened" | "changed";

/** What a person is asked before an installation. */
export interface InstallQuestion {
  /** A first installation, an upgrade that may do more, or one that does the same with other content. */
  readonly reason: AskReason;
  /** The code of a refusal where nobody answers. */
  readonly code: "APPROVAL_NOBODY" | "PERM_WIDENED" | "CONTENT_CHANGED";
  /** Atoms that need a yes; each can be struck off. */
  readonly asked: readonly PermissionLine[];
  /** Atoms that were granted before and are still asked for. */
  readonly kept: readonly PermissionLine[];
  /** Atoms that were struck off before and stay so. */
  readonly struck: readonly PermissionLine[];
  /** Atoms that the new release gives up. */
  readonly dropped: readonly PermissionLine[];
  /** Files that changed since the installed release. */
  readonly files: readonly ContentChange[];
  /** The text before and now, for a diff; `null` without an installed release. */
  readonly text: { readonly before: string; readonly after: string } | null;
  /** What the author says its permissions are for: claims. */
  readonly reasons: SecureHeader["reasons"];
}

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
  return {
    ...opened,
    installed,
    downgrade,
    action: actionOf(options, entry),
    ...consider(opened, { before, granted }),
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
    text: textOf(files),
    newKey: newKey ? signed.key : null,
  };
}

function openFolder(options: SkillsOptions, bundle: Extract<SourceBundle, { kind: "folder" }>): Opened {
  const { name, archive, files } = bundle;
  const { id, package: digest } = describeCompat(bundle);
  checkRevoked({ own: readRevocations(options), publishers: [] }, { key: null, id, digest });
  const text = textOf(files);
  const md = readSkillMd(text, { profile: "compat", folder: name });
  return { entry: describeCompat(bundle), md, files, archive, minisig: null, text, newKey: null };
}

function textOf(files: readonly PackageFile[]): Uint8Array {
  const text = files.find(({ path }) => path === "SKILL.md");
  if (text === undefined) throw new SkillsError("FRONTMATTER", "Cannot install: there is no SKILL.md");
  return text.bytes;
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

interface Before {
  readonly before: InstalledContent | null;
  readonly granted: SkillPermissions | null;
}

/** Compares what is asked for with what was granted, and finds out whether a person must be asked. */
function consider(opened: Opened, { before, granted }: Before): Pick<InstallPlan, "question" | "base"> {
  const { entry, md } = opened;
  const lines = permissionLines(entry.permissions);
  const reasons = md.secure?.reasons ?? {};
  if (before === null || granted === null) {
    const base = withoutAtoms(entry.permissions, lines);
    const first = { kept: [], struck: [], dropped: [], files: [], text: null, reasons };
    return { base, question: { reason: "first", code: "APPROVAL_NOBODY", asked: lines, ...first } };
  }
  const wider = new Set(
    comparePermissions(before.permissions, entry.permissions).changes
      .filter(({ change }) => change === "wider").map(({ line }) => keyOf(line)),
  );
  const asked = lines.filter((line) => wider.has(keyOf(line)));
  const known = lines.filter((line) => !wider.has(keyOf(line)));
  const { changes } = comparePermissions(granted, entry.permissions);
  const withheld = new Set(changes.filter(({ change }) => change === "wider").map(({ line }) => keyOf(line)));
  const kept = known.filter((line) => !withheld.has(keyOf(line)));
  const struck = known.filter((line) => withheld.has(keyOf(line)));
  const dropped = changes.filter(({ change }) => change === "narrower").map(({ line }) => line);
  const files = contentChanges(before.files, opened.files);
  const base = withoutAtoms(entry.permissions, [...asked, ...struck]);
  if (asked.length === 0 && files.length === 0) return { base, question: null };
  const widened = asked.length > 0;
  const decode = new TextDecoder();
  return {
    base,
    question: {
      reason: widened ? "widened" : "changed",
      code: widened ? "PERM_WIDENED" : "CONTENT_CHANGED",
      asked,
      kept,
      struck,
      dropped,
      files,
      text: { before: decode.decode(textOf(before.files)), after: decode.decode(opened.text) },
      reasons,
    },
  };
}

function keyOf({ key, text }: PermissionLine): string {
  return `${key} ${text}`;
}

/** Digests that a person names on the command line instead of answering at a terminal. */
export interface NamedDigests {
  /** `--grant`: digest of the permissions. */
  readonly grant: Digest | null;
  /** `--content`: digest of the package. */
  readonly content: Digest | null;
}

/**
 * Tells whether digests on the command line answer the question of a plan.
 *
 * @param plan The plan.
 * @param named The digests.
 * @returns What is granted then.
 * @throws {SkillsError} `APPROVAL_NOBODY`, `PERM_WIDENED` or `CONTENT_CHANGED` with the digests that would answer it.
 */
export function answerByDigests(plan: InstallPlan, named: NamedDigests): SkillPermissions {
  const { question, entry } = plan;
  if (question === null) return plan.base;
  const needsContent = question.files.length > 0;
  const fits = named.grant === entry.perm && (!needsContent || named.content === entry.package);
  if (fits) return entry.permissions;
  const wanted = `--grant ${entry.perm}${needsContent ? ` --content ${entry.package}` : ""}`;
  const seen = named.grant === null && named.content === null ? "nobody can be asked here" : "other digests were named";
  throw new SkillsError(
    question.code,
    `Cannot install ${entry.id}@${entry.version}: ${whatIsNew(question)}, and ${seen}`,
    {
      hint: `look at it (agentzero skill verify), then run it at a terminal, or add ${wanted}`,
    },
  );
}

function whatIsNew({ reason, asked, files }: InstallQuestion): string {
  switch (reason) {
    case "first":
      return firstAsk(asked);
    case "widened":
      return `it wants more than was approved (${
        asked.map(({ key, text }) => `${key} ${text}`).join("; ").slice(0, 300)
      })`;
    case "changed":
      return `${files.length} of its files changed (${files.map(({ path }) => path).join(", ").slice(0, 200)})`;
    default:
      return reason satisfies never;
  }
}

function firstAsk(asked: readonly PermissionLine[]): string {
  const atoms = asked.filter(({ key }) => key !== "runtime" && key !== "world" && key !== "limits");
  if (asked.length === 0) return "its text must be approved";
  if (atoms.length === 0) return "that it runs, without any permission, must be approved";
  return `what it may do must be approved (${listed(atoms)})`;
}

function listed(lines: readonly PermissionLine[]): string {
  const text = lines.map((line) => `${line.key} ${line.text}`).join("; ");
  return text.length > 300 ? `${text.slice(0, 297).toWellFormed()}...` : text;
}
