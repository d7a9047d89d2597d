import { isAbsolute, join, relative } from "node:path";
import { PROJECT_FOLDER } from "../project-root.ts";

/** Where a session records, stages and keeps its conversation. */
export interface RecordPlace {
  readonly dir: string;
  readonly stageRoot: string;
  readonly sessions: string;
}

/**
 * Finds where a session leaves what it leaves: in its project, or under the home.
 *
 * @param home Real path of the home.
 * @param project Root of the project, or `null`.
 * @returns The folders.
 */
export function recordPlace(home: string, project: string | null): RecordPlace {
  const folder = project === null ? home : join(project, PROJECT_FOLDER);
  return { dir: join(folder, "audit"), stageRoot: join(folder, "state", "stage"), sessions: join(folder, "sessions") };
}

/**
 * Writes a path for people: relative to a folder where it lies inside.
 *
 * @param file Absolute path.
 * @param root The folder.
 * @returns The path.
 */
export function shownFile(file: string, root: string): string {
  const inside = relative(root, file);
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}
