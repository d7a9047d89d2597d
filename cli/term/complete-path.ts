import { readdirSync } from "node:fs";
import { join, normalize } from "node:path";
import { openAtPath, writeAtPath } from "./at-path.ts";
import type { Completion } from "./prompt-box.ts";

/** What may be offered. */
export interface PathGround {
  /** Root that paths are relative to. */
  readonly root: string;
  /** Says which paths are not even named. */
  readonly isHidden: (path: string) => boolean;
}

const MAX_CHOICES = 12;
const MAX_ENTRIES = 10_000;

/**
 * Completes the `@PATH` before the cursor from the names in its folder; nothing is opened and no link is followed.
 *
 * @param ground Where paths start.
 * @param text The input.
 * @param cursor Offset of the cursor.
 * @returns The completed input, or `null` where there is nothing to complete.
 */
export function completePath(ground: PathGround, text: string, cursor: number): Completion | null {
  const open = openAtPath(text.slice(0, cursor));
  if (open === null) return null;
  const { path: typed, start } = open;
  const slash = typed.lastIndexOf("/") + 1;
  const folder = typed.slice(0, slash);
  const names = namesIn(ground, folder).filter((name) => name.startsWith(typed.slice(slash)));
  const first = names[0];
  if (first === undefined) return null;
  const common = names.reduce(commonPrefix, first);
  const word = writeAtPath(`${folder}${common}`, names.length === 1 && !common.endsWith("/"));
  if (word === null) return null;
  const head = text.slice(0, start) + word;
  return {
    text: head + text.slice(cursor),
    cursor: head.length,
    choices: names.length > MAX_CHOICES ? [...names.slice(0, MAX_CHOICES), "…"] : names,
  };
}

function namesIn(ground: PathGround, folder: string): readonly string[] {
  // Threat: a completion that walks out of the project.
  if (folder.startsWith("/") || normalize(folder).startsWith("..")) return [];
  try {
    return readdirSync(join(ground.root, folder), { withFileTypes: true }).slice(0, MAX_ENTRIES)
      .filter((entry) => !ground.isHidden(join(ground.root, folder, entry.name)))
      .map((entry) => entry.isDirectory() ? `${entry.name}/` : entry.name)
      .filter((name) => writeAtPath(`${folder}${name}`, true) !== null)
      .toSorted();
  } catch {
    return [];
  }
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
