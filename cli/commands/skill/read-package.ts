import { resolve } from "node:path";
import {
  checkWholeContent,
  contentOf,
  PACKAGE_LIMITS,
  type PackageContent,
  readRegular,
  SkillsError,
} from "../../../skills/mod.ts";
import { loadSodium } from "../../../core/mod.ts";
import { inspectComponent } from "../../compose/inspect-component.ts";

/** A package file and what it says. */
export interface ReadPackage {
  /** Absolute path. */
  readonly path: string;
  readonly archive: Uint8Array;
  readonly content: PackageContent;
}

/**
 * Reads a file that a person named.
 *
 * @param cwd Folder that the name starts from.
 * @param named The name.
 * @param maxBytes Longer files are refused.
 * @returns Its path and bytes.
 * @throws {SkillsError} `NOT_FOUND`, `SIZE_LIMIT`, `ENTRY_TYPE`, `READ_FAILED`.
 */
export function readNamed(
  cwd: string,
  named: string,
  maxBytes: number,
): { readonly path: string; readonly bytes: Uint8Array } {
  const path = resolve(cwd, named);
  const file = readRegular(path, maxBytes);
  if (file.kind === "ok") return { path, bytes: file.bytes };
  if (file.kind === "missing") {
    throw new SkillsError("NOT_FOUND", `Cannot read "${named}": there is no such file`, { hint: "check the path" });
  }
  const code = file.why === "size" ? "SIZE_LIMIT" : file.why === "io" ? "READ_FAILED" : "ENTRY_TYPE";
  throw new SkillsError(code, `Cannot read "${named}": ${file.seen}`, { hint: "name the file itself" });
}

/**
 * Reads and checks a package file; whoever signed it is another matter.
 *
 * @param cwd Folder that the name starts from.
 * @param named The name.
 * @returns The package.
 * @throws {SkillsError} The codes of archive, manifest and content.
 */
export async function readPackage(cwd: string, named: string): Promise<ReadPackage> {
  const { path, bytes } = readNamed(cwd, named, PACKAGE_LIMITS.archiveBytes);
  await loadSodium();
  return { path, archive: bytes, content: contentOf(await checkWholeContent(bytes, inspectComponent)) };
}
