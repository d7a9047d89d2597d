import { checkComponent, type InspectComponent } from "./component-imports.ts";
import { Findings, type SkillFinding } from "./finding.ts";
import { checkForbidden } from "./forbidden-content.ts";
import { SKILL_MD } from "./front-matter.ts";
import { checkInputSchema } from "./input-schema.ts";
import { checkSkillMd } from "./read-skill-md.ts";
import type { SkillMd } from "./skill-md.ts";
import type { PackageFile } from "./stages.ts";

/** Where a skill's own input schema lies. */
export const INPUT_SCHEMA_PATH = "schema/input.json";

/** What checking the files of a skill gave. */
export interface CheckedFiles {
  /** `SKILL.md`, or `null` when it cannot be read. */
  readonly md: SkillMd | null;
  /** Everything that is wrong. */
  readonly findings: readonly SkillFinding[];
}

/**
 * Checks the content of a skill without its component: `SKILL.md` in the secure profile, what it names, what it may
 * not bring.
 *
 * @param files Every file but the manifest.
 * @param folder Name of the folder, or `null` for an archive.
 * @returns The skill and findings.
 */
export function checkSkillFiles(files: readonly PackageFile[], folder: string | null): CheckedFiles {
  const findings = new Findings();
  const text = files.find(({ path }) => path === SKILL_MD);
  if (text === undefined) {
    findings.add("FRONTMATTER", "there is no SKILL.md", { path: SKILL_MD, hint: "see `agentzero skill init NAME`" });
    checkForbidden(files, null, findings);
    return { md: null, findings: findings.all };
  }
  const { md, findings: inText } = checkSkillMd(text.bytes, { profile: "secure", folder });
  findings.addAll(inText);
  if (md?.secure !== null && md?.secure !== undefined) checkNamed(files, md.secure, findings);
  // Without a readable header nothing is known to be the component: then only what is wrong anyway is said.
  const declared = md === null ? files.find(({ path }) => path.endsWith(".wasm"))?.path : md.secure?.wasm;
  checkForbidden(files, declared ?? null, findings);
  const schema = files.find(({ path }) => path === INPUT_SCHEMA_PATH);
  if (schema !== undefined) findings.addAll(checkInputSchema(schema.bytes, INPUT_SCHEMA_PATH));
  return { md, findings: findings.all };
}

function checkNamed(
  files: readonly PackageFile[],
  { wasm, entry }: { readonly wasm: string | null; readonly entry: string | null },
  findings: Findings,
): void {
  if (wasm !== null && !files.some(({ path }) => path === wasm)) {
    findings.add("FRONTMATTER", `az.wasm names "${wasm}", which is not there`, {
      path: SKILL_MD,
      hint: "add the file",
    });
  }
  if (entry !== null && !files.some(({ path }) => path === entry)) {
    findings.add("PERM_INVALID", `az.perm.exec names "${entry}", which is not there`, {
      path: SKILL_MD,
      hint: "add the script",
    });
  }
}

/**
 * Looks into the component of a skill whose text was read.
 *
 * @param files Every file.
 * @param md Its `SKILL.md`.
 * @param inspect How to look into a component.
 * @returns Findings.
 */
export async function checkSkillComponent(
  files: readonly PackageFile[],
  md: SkillMd,
  inspect: InspectComponent,
): Promise<readonly SkillFinding[]> {
  const findings = new Findings();
  const wasm = md.secure?.wasm ?? null;
  const file = files.find(({ path }) => path === wasm);
  if (file === undefined || md.secure === null) return [];
  await checkComponent(file, { permissions: md.secure.permissions, inspect }, findings);
  return findings.all;
}
