import type { Findings } from "./finding.ts";
import { SKILL_MD } from "./front-matter.ts";
import type { HeaderEntry } from "./header-tree.ts";
import { BUILTIN_SKILL_NAMES, BUILTIN_TOOL_NAMES, isSkillName } from "./names.ts";
import type { SkillMd } from "./skill-md.ts";
import { showText } from "./visible-text.ts";

/** What a reader of a header is told besides its entries. */
export interface HeaderRules {
  /** Name of the folder, or `null`. */
  readonly folder: string | null;
  /** `true` for a generated tool. */
  readonly generated: boolean;
  /** Line of the first key. */
  readonly headerLine: number;
}

/** What a reader of a header gives. */
export type ReadHeader = Omit<SkillMd, "profile" | "body">;

/** The keys that Agent Skills know at the top. */
export const TOP_KEYS: readonly string[] = [
  "name",
  "description",
  "license",
  "compatibility",
  "metadata",
  "allowed-tools",
];

/** The longest `description`, in characters. */
export const MAX_DESCRIPTION = 1024;
/** The longest `compatibility`, in characters. */
export const MAX_COMPATIBILITY = 500;
/** The longest `license`, in characters. */
export const MAX_LICENSE = 200;

/**
 * Checks the name of a skill.
 *
 * @param entry The key `name`, or `undefined`.
 * @param rules The folder it lies in; whether it may bear the name of what is shipped with the program.
 * @param findings Gets what is wrong.
 * @returns The name, also where it is not in order.
 */
export function checkName(
  entry: HeaderEntry | undefined,
  rules: HeaderRules & { readonly shipped: boolean },
  findings: Findings,
): string {
  if (entry?.value.kind !== "text" || entry.value.text === "") {
    findings.add("FRONTMATTER", "the key name is missing", {
      path: SKILL_MD,
      line: entry?.line ?? rules.headerLine,
      hint: "add name: the folder's own name",
    });
    return "";
  }
  const { text: name, line } = entry.value;
  const place = { path: SKILL_MD, line };
  if (!isSkillName(name)) {
    findings.add("NAME", `"${showText(name)}" is no name of a skill`, {
      ...place,
      hint: "use 1-64 of a-z 0-9 and single - inside",
    });
  } else if (BUILTIN_TOOL_NAMES.includes(name) || (BUILTIN_SKILL_NAMES.includes(name) && !rules.shipped)) {
    findings.add("SHADOW", `"${name}" is the name of something built in`, { ...place, hint: "choose another name" });
  } else if (rules.folder !== null && rules.folder !== name) {
    findings.add("NAME", `the name "${name}" is not that of its folder "${showText(rules.folder)}"`, {
      ...place,
      hint: "rename one of them",
    });
  }
  return name;
}

/** Counts characters, not UTF-16 units. */
export function countCharacters(text: string): number {
  return Array.from(text).length;
}
