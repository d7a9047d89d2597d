import { SkillsError } from "../errors.ts";
import type { PackageFile } from "../stages.ts";

/** One file that an upgrade changes. */
export interface ContentChange {
  /** Path inside the skill. */
  readonly path: string;
  /** What became of it. */
  readonly change: "added" | "removed" | "changed";
}

/**
 * Compares the files of two releases. The value of `version` in `SKILL.md` may differ: nothing else may.
 *
 * @param before Files of the installed release.
 * @param after Files of the new one.
 * @returns What changed, sorted by path; empty for equal content.
 */
export function contentChanges(
  before: readonly PackageFile[],
  after: readonly PackageFile[],
): readonly ContentChange[] {
  const old = new Map(before.map((file) => [file.path, file]));
  const fresh = new Set(after.map(({ path }) => path));
  const changes: ContentChange[] = [];
  for (const file of after) {
    const known = old.get(file.path);
    if (known === undefined) changes.push({ path: file.path, change: "added" });
    else if (!sameFile(known, file)) changes.push({ path: file.path, change: "changed" });
  }
  for (const { path } of before) if (!fresh.has(path)) changes.push({ path, change: "removed" });
  return changes.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

function sameFile(a: PackageFile, b: PackageFile): boolean {
  if (a.exec !== b.exec) return false;
  if (Buffer.compare(a.bytes, b.bytes) === 0) return true;
  return a.path === "SKILL.md" && withoutVersion(a.bytes) === withoutVersion(b.bytes);
}

/** The text with the value of `version` cut out of its header; the header of a signed skill has exactly one. */
function withoutVersion(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const end = text.indexOf("\n---\n", 3);
  const header = end < 0 ? "" : text.slice(0, end);
  return `${header.replace(/^([ \t]+version:)[ \t]+(["']?)[0-9A-Za-z.-]+\2[ \t]*$/m, "$1")}${
    text.slice(header.length)
  }`;
}

/**
 * Finds the text of a skill among its files.
 *
 * @throws {SkillsError} `FRONTMATTER` where there is none.
 */
export function skillText(files: readonly PackageFile[]): Uint8Array {
  const text = files.find(({ path }) => path === "SKILL.md");
  if (text === undefined) throw new SkillsError("FRONTMATTER", "Cannot install: there is no SKILL.md");
  return text.bytes;
}
