import { readdirSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER } from "./project-root.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;

/**
 * Lists the names of sessions or of generated tools and skills from their folder alone; nothing is opened or decrypted.
 *
 * @param project Root of the project, or `null`.
 * @param kind Which.
 * @returns Plain names in order; names that are not plain are left out.
 */
export function listNames(project: string | null, kind: "sessions" | "skills"): readonly string[] {
  return project === null ? [] : namesIn(join(project, PROJECT_FOLDER, kind), kind);
}

/**
 * Lists the names in a folder of sessions or skills.
 *
 * @param folder Absolute path.
 * @param kind Which.
 * @returns Plain names in order; none where the folder cannot be read.
 */
export function namesIn(folder: string, kind: "sessions" | "skills"): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => kind === "skills" ? entry.isDirectory() : entry.isFile() && entry.name.endsWith(".jsonl"))
      .map((entry) => entry.name.replace(/\.jsonl$/, ""))
      .filter((name) => NAME.test(name))
      .toSorted();
  } catch {
    return [];
  }
}
