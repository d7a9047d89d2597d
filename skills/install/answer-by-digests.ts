import type { Digest, SkillPermissions } from "../../core/mod.ts";
import { showWord } from "../../policy/mod.ts";
import { SkillsError } from "../errors.ts";
import type { LockEntry } from "../lock.ts";
import type { PermissionLine } from "../permission-lines.ts";
import type { InstallQuestion } from "./install-question.ts";

/** Digests that a person names on the command line instead of answering at a terminal. */
export interface NamedDigests {
  /** `--grant`: digest of the permissions. */
  readonly grant: Digest | null;
  /** `--content`: digest of the package. */
  readonly content: Digest | null;
}

/** A plan, as far as digests answer it. */
export interface Answerable {
  /** The pin as it would be. */
  readonly entry: LockEntry;
  /** What is asked, or `null`. */
  readonly question: InstallQuestion | null;
  /** What is granted without a question. */
  readonly base: SkillPermissions;
}

/**
 * Tells whether digests on the command line answer the question of a plan.
 *
 * @param plan The plan.
 * @param named The digests.
 * @returns What is granted then.
 * @throws {SkillsError} `APPROVAL_NOBODY`, `PERM_WIDENED` or `CONTENT_CHANGED` with the digests that would answer it.
 */
export function answerByDigests(plan: Answerable, named: NamedDigests): SkillPermissions {
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
      hint: `look at it (${lookAt(entry)}), then run it at a terminal, or add ${wanted}`,
    },
  );
}

function lookAt({ source, profile }: LockEntry): string {
  if (profile === "compat") return "read its SKILL.md";
  return source.startsWith("oci:")
    ? `agentzero skill pull ${showWord(source)}, then skill verify`
    : "agentzero skill verify";
}

function whatIsNew({ reason, asked, besides, files }: InstallQuestion): string {
  switch (reason) {
    case "first":
      return firstAsk(asked);
    case "widened":
      return `it wants more than was approved (${
        [...besides, ...asked.map(({ key, text }) => `${key} ${text}`)].join("; ").slice(0, 300)
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
