import type { SkillPermissions } from "../../core/mod.ts";
import { comparePermissions } from "../compare-permissions.ts";
import type { LockEntry } from "../lock.ts";
import { type PermissionLine, permissionLines, withoutAtoms } from "../permission-lines.ts";
import type { SecureHeader, SkillMd } from "../skill-md.ts";
import type { PackageFile } from "../stages.ts";
import type { InstalledContent } from "./installed-content.ts";
import { type ContentChange, contentChanges, skillText } from "./same-content.ts";

/** Why a person is asked. */
export type AskReason = "first" | "widened" | "changed";

/** What a person is asked before an installation. */
export interface InstallQuestion {
  /** A first installation, an upgrade that may do more, or one that does the same with other content. */
  readonly reason: AskReason;
  /** The code of a refusal where nobody answers. */
  readonly code: "APPROVAL_NOBODY" | "PERM_WIDENED" | "CONTENT_CHANGED";
  /** What is wider and no atom: another signer, imports of the component. For people. */
  readonly besides: readonly string[];
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

/** What shall be installed, as far as a question needs it. */
export interface Candidate {
  /** The pin as it would be. */
  readonly entry: LockEntry;
  /** Its text. */
  readonly md: SkillMd;
  /** The text `SKILL.md`, as bytes. */
  readonly text: Uint8Array;
  /** Every file but the manifest. */
  readonly files: readonly PackageFile[];
}

/** What is there already. */
export interface Before {
  /** The installed release, every check passed; `null` without one. */
  readonly content: InstalledContent | null;
  /** What a person granted to it here; `null` where nobody did. */
  readonly granted: SkillPermissions | null;
  /** What is wider now and no atom, see {@link InstallQuestion.besides}. */
  readonly besides: readonly string[];
}

/**
 * Compares what is asked for with what was granted, and finds out whether a person must be asked.
 *
 * @param candidate What shall be installed.
 * @param before What is there already.
 * @returns The question, or `null` for none, and what is granted without it.
 */
export function consider(
  candidate: Candidate,
  { content: before, granted, besides }: Before,
): { readonly question: InstallQuestion | null; readonly base: SkillPermissions } {
  const { entry, md } = candidate;
  const lines = permissionLines(entry.permissions);
  const reasons = md.secure?.reasons ?? {};
  if (before === null || granted === null) {
    const base = withoutAtoms(entry.permissions, lines);
    const first = { besides: [], kept: [], struck: [], dropped: [], files: [], text: null, reasons };
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
  const files = contentChanges(before.files, candidate.files);
  const base = withoutAtoms(entry.permissions, [...asked, ...struck]);
  const widened = asked.length + besides.length > 0;
  if (!widened && files.length === 0) return { base, question: null };
  const decode = new TextDecoder();
  return {
    base,
    question: {
      reason: widened ? "widened" : "changed",
      code: widened ? "PERM_WIDENED" : "CONTENT_CHANGED",
      besides,
      asked,
      kept,
      struck,
      dropped,
      files,
      text: { before: decode.decode(skillText(before.files)), after: decode.decode(candidate.text) },
      reasons,
    },
  };
}

function keyOf({ key, text }: PermissionLine): string {
  return `${key} ${text}`;
}
