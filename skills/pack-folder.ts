import { b2, type Digest } from "../core/mod.ts";
import { checkSkillComponent, checkSkillFiles } from "./check-skill-files.ts";
import type { InspectComponent } from "./component-imports.ts";
import { findingError, SkillsError } from "./errors.ts";
import type { SkillFinding } from "./finding.ts";
import { SKILL_MD } from "./front-matter.ts";
import { buildManifest, formatManifest, MANIFEST_PATH } from "./manifest.ts";
import { defaultSeq } from "./names.ts";
import { packArchive } from "./pack-archive.ts";
import { type PackageContent, readContent } from "./package-content.ts";
import { readFolder } from "./read-folder.ts";
import type { SkillMd } from "./skill-md.ts";
import type { PackageFile } from "./stages.ts";

/** A skill folder, judged. */
export interface CheckedFolder {
  /** Its files, the entry script marked as executable. */
  readonly files: readonly PackageFile[];
  /** `SKILL.md`, or `null` when it cannot be read. */
  readonly md: SkillMd | null;
  /** Everything that is wrong. */
  readonly findings: readonly SkillFinding[];
}

/** What does not follow from a folder. */
export interface PackOptions {
  /** Number of the release, or `null` for the one that follows from the version. */
  readonly seq: number | null;
  /** Digest of the package of the last release, or `null`. */
  readonly previous: Digest | null;
  /** How to look into a component. */
  readonly inspect: InspectComponent;
}

/** A package that was made. */
export interface PackedFolder {
  /** The archive. */
  readonly archive: Uint8Array;
  /** What it says, read back from the archive. */
  readonly content: PackageContent;
  /** The name of the file: `NAME-VERSION.azs`. */
  readonly fileName: string;
}

/**
 * Judges a skill folder as it would be packed: every finding, not only the first.
 *
 * @param path The folder.
 * @param inspect How to look into a component.
 * @returns Files and findings.
 * @throws {SkillsError} `NOT_FOUND`, `READ_FAILED`.
 */
export async function checkFolder(path: string, inspect: InspectComponent): Promise<CheckedFolder> {
  const { folder, files, findings } = readFolder(path);
  const checked = checkSkillFiles(files, folder);
  // A SKILL.md that cannot be taken is not missing.
  const refused = findings.some(({ path: at }) => at === SKILL_MD);
  const inText = checked.findings.filter(({ path: at, line }) => !(refused && at === SKILL_MD && line === null));
  const component = checked.md === null ? [] : await checkSkillComponent(files, checked.md, inspect);
  const entry = checked.md?.secure?.entry ?? null;
  return {
    files: files.map((file) => ({ ...file, exec: file.path === entry })),
    md: checked.md,
    findings: [...findings, ...inText, ...component],
  };
}

/**
 * Packs a skill folder.
 *
 * @param path The folder.
 * @param options What does not follow from it.
 * @returns The package.
 * @throws {SkillsError} The first finding; `ARGS_INVALID` when the number of the release must be given.
 */
export async function packFolder(path: string, options: PackOptions): Promise<PackedFolder> {
  const { files, md, findings: [first] } = await checkFolder(path, options.inspect);
  if (first !== undefined || md?.secure === null || md?.secure === undefined) {
    throw findingError(
      first ?? { code: "FRONTMATTER", path: null, line: null, message: "it cannot be read", hint: null },
      "Cannot pack",
    );
  }
  const seq = options.seq ?? defaultSeq(md.secure.version);
  if (seq === null || !Number.isSafeInteger(seq) || seq < 0) {
    throw new SkillsError("ARGS_INVALID", `Cannot pack: version ${md.secure.version} gives no number of the release`, {
      hint: "name one that is greater than the last: --seq N",
    });
  }
  const manifest = buildManifest(files, md.secure, { seq, previous: options.previous });
  const archive = packArchive([...files, { path: MANIFEST_PATH, bytes: formatManifest(manifest), exec: false }]);
  // Read back as everybody else will.
  const content = readContent(archive, b2(archive));
  return { archive, content, fileName: `${md.name}-${md.secure.version}.azs` };
}
