import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path/posix";
import { isWithin } from "../files/check-path.ts";
import { errnoOf } from "../files/file-error.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { markIndex } from "./git-index.ts";
import type { Stage } from "./stage.ts";
import type { StagedDrop } from "./staged-change.ts";

/** One index in which masked files were marked. */
export interface MaskedIndex {
  /** Path of the index, relative to the project. */
  readonly index: string;
  /** Marked paths, relative to the work tree of that repository. */
  readonly paths: ReadonlySet<string>;
}

const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Marks masked files that git tracks as skip-worktree, in the staged copy of each index concerned.
 *
 * @param stage The stage, before anything runs on it.
 * @param project Real path of the project.
 * @param hidden Real paths that are masked, files and folders.
 * @returns What was marked, to be undone before anything is kept.
 */
export function markMasked(stage: Stage, project: string, hidden: readonly string[]): readonly MaskedIndex[] {
  const byTree = new Map<string, string[]>();
  for (const path of hidden) {
    const tree = workTreeOf(project, path);
    if (tree === null) continue;
    byTree.set(tree, [...(byTree.get(tree) ?? []), relative(tree, path)]);
  }
  const marked: MaskedIndex[] = [];
  for (const [tree, masks] of byTree) {
    const index = relative(project, join(tree, ".git/index"));
    const result = markIndex(
      readFileSync(join(project, index)),
      (path) => masks.some((mask) => isWithin(path, mask)) ? true : null,
    );
    if (result === null || result.changed.length === 0) continue;
    placeIndex({ stage, project, index }, result.bytes);
    marked.push({ index, paths: new Set(result.changed) });
  }
  return marked;
}

/**
 * Takes the marks away again.
 *
 * @param stage The stage, after the command has ended.
 * @param marked What {@link markMasked} gave.
 * @returns An index that cannot be read any more: it must not be kept.
 */
export function unmarkMasked(stage: Stage, marked: readonly MaskedIndex[]): readonly StagedDrop[] {
  const dropped: StagedDrop[] = [];
  for (const { index, paths } of marked) {
    const path = join(stage.up, index);
    const stat = lstatOrNull(path);
    if (stat === null || !stat.isFile() || stat.size > MAX_INDEX_BYTES) continue;
    const result = markIndex(readFileSync(path), (entry) => paths.has(entry) ? false : null);
    if (result === null) {
      rmSync(path);
      dropped.push({ relative: index, why: "it is no index that git could read" });
    } else {
      writeFileSync(path, result.bytes);
    }
  }
  return dropped;
}

// The nearest folder above with a repository of its own whose index can be read.
function workTreeOf(project: string, path: string): string | null {
  for (let folder = dirname(path); isWithin(folder, project); folder = dirname(folder)) {
    const stat = lstatOrNull(join(folder, ".git/index"));
    if (
      stat !== null && stat.isFile() && stat.size <= MAX_INDEX_BYTES &&
      lstatOrNull(join(folder, ".git"))?.isDirectory() === true
    ) return folder;
  }
  return null;
}

function placeIndex(
  at: { readonly stage: Stage; readonly project: string; readonly index: string },
  bytes: Uint8Array,
): void {
  const { stage, project, index } = at;
  let folder = "";
  for (const part of dirname(index).split("/")) {
    folder = folder === "" ? part : `${folder}/${part}`;
    const mode = Number((lstatOrNull(join(project, folder))?.mode ?? 0o755n) & 0o777n);
    makeOnce(join(stage.up, folder), mode);
  }
  const original = lstatOrNull(join(project, index));
  const path = join(stage.up, index);
  writeFileSync(path, bytes, { mode: Number((original?.mode ?? 0o644n) & 0o777n) });
  // Git trusts what it knows of files older than the index: a younger index would make it trust too much.
  const seconds = Number((original?.mtimeNs ?? 0n) / 1_000_000n) / 1000;
  utimesSync(path, seconds, seconds);
}

function makeOnce(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}
