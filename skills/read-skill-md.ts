import { basename } from "node:path";
import { readCompatHeader } from "./compat-header.ts";
import { findingError, type SkillsError } from "./errors.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { cutFrontMatter } from "./front-matter.ts";
import { readHeaderTree } from "./header-tree.ts";
import { readSecureHeader } from "./secure-header.ts";
import type { SkillMd, SkillProfile } from "./skill-md.ts";

/** How to read. */
export interface ReadSkillMdOptions {
  /** `compat` for whatever is unsigned or foreign, `secure` for the content of a signed package. */
  readonly profile: SkillProfile;
  /** The folder it lies in; its last part must be the name. Left out where there is no folder. */
  readonly folder?: string | null | undefined;
  /** `true` for a generated tool: of runtime `wasm-sandbox`, but without a component of its own. */
  readonly generated?: boolean | undefined;
}

/** What reading gave. */
export interface CheckedSkillMd {
  /** The skill, or `null` when anything was found. */
  readonly md: SkillMd | null;
  /** Everything that is wrong, in the order of the file. */
  readonly findings: readonly SkillFinding[];
}

/**
 * Reads a `SKILL.md`.
 *
 * @example
 * ```ts
 * const md = readSkillMd(bytes, { profile: "compat", folder: "/skills/pdf" });
 * md.ignored; // ["hooks", "metadata.az.perm.net"]
 * ```
 * @param source The file, or its text; untrusted.
 * @param options The profile, and where the file lies.
 * @returns The skill.
 * @throws {SkillsError} `FRONTMATTER`, `TEXT_INVISIBLE`, `NAME`, `SPEC_UNKNOWN`, `PERM_INVALID`, `ID_MISMATCH`, `SHADOW`,
 * `WASM_WORLD`, `SIZE_LIMIT`: the first thing that is wrong.
 */
export function readSkillMd(source: Uint8Array | string, options: ReadSkillMdOptions): SkillMd {
  const { md, findings } = checkSkillMd(source, options);
  if (md !== null) return md;
  throw firstError(findings);
}

function firstError(findings: readonly SkillFinding[]): SkillsError {
  const [first] = findings;
  return findingError(
    first ?? { code: "FRONTMATTER", path: "SKILL.md", line: null, message: "it cannot be read", hint: null },
    "Cannot read skill",
  );
}

/**
 * As {@link readSkillMd}, but gives everything that is wrong instead of the first.
 *
 * @param source The file, or its text; untrusted.
 * @param options The profile, and where the file lies.
 * @returns The skill, or findings.
 */
export function checkSkillMd(source: Uint8Array | string, options: ReadSkillMdOptions): CheckedSkillMd {
  const findings = new Findings();
  const front = cutFrontMatter(source, options.profile, findings);
  const entries = front === null ? null : readHeaderTree(front, findings);
  if (front === null || entries === null) return { md: null, findings: findings.all };
  const folder = options.folder === undefined || options.folder === null ? null : basename(options.folder);
  const rules = { folder, generated: options.generated === true, headerLine: front.headerLine };
  const header = options.profile === "secure"
    ? readSecureHeader(entries, rules, findings)
    : readCompatHeader(entries, rules, findings);
  if (header === null || findings.count > 0) return { md: null, findings: findings.all };
  const invisible = front.invisible + header.invisible;
  return { md: { ...header, profile: options.profile, body: front.body, invisible }, findings: [] };
}
