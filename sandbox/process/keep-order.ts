import { dirname } from "node:path/posix";
import type { DecidedChange } from "./bundle-changes.ts";
import type { Collected } from "./collector.ts";
import type { RawChange } from "./raw-change.ts";

/** One path of one decided change. */
export interface KeepStep {
  readonly decided: DecidedChange;
  readonly part: RawChange;
}

/** The steps of keeping, in order. */
export interface KeepOrder {
  /** Deletions of what stands where something new belongs, deepest first. */
  readonly inTheWay: readonly KeepStep[];
  /** Folders to remove after them, deepest first. */
  readonly foldersInTheWay: readonly string[];
  /** Folders to make, parents first. */
  readonly folders: Collected["folders"];
  readonly placed: readonly KeepStep[];
  readonly deleted: readonly KeepStep[];
  /** Folders that are gone: removed if they are empty by then, deepest first. */
  readonly goneFolders: readonly string[];
  /** New modes of folders, deepest first and last of all: some keep even us out. */
  readonly folderModes: readonly KeepStep[];
}

/**
 * Orders allowed changes so that a crash at any point leaves only whole files: folders first, deletions last.
 *
 * @param allowed What is kept.
 * @param collected All that was collected.
 * @returns The order.
 */
export function keepOrder(allowed: readonly DecidedChange[], collected: Collected): KeepOrder {
  const steps = allowed.flatMap((decided) => decided.parts.map((part) => ({ decided, part })));
  const modes = steps.filter(isFolderMode);
  const placed = steps.filter((step) => step.part.kind !== "delete" && !isFolderMode(step));
  const leaves = new Set(placed.filter(({ part }) => part.entry !== "directory").map(({ part }) => part.relative));
  const needed = new Set(placed.flatMap(({ part }) => [part.relative, ...parentsOf(part.relative)]));
  const deletions = steps.filter(({ part }) => part.kind === "delete").toReversed();
  const emptied = new Set(deletions.flatMap(({ part }) => [part.relative, ...parentsOf(part.relative)]));
  const gone = collected.goneFolders.toReversed();
  function isBelowLeaf(relative: string): boolean {
    return parentsOf(relative).some((path) => leaves.has(path));
  }
  return {
    inTheWay: deletions.filter(({ part }) => needed.has(part.relative) || isBelowLeaf(part.relative)),
    foldersInTheWay: gone.filter((relative) => leaves.has(relative) || isBelowLeaf(relative)),
    folders: collected.folders.filter((folder) => needed.has(folder.relative)),
    placed,
    folderModes: modes.toReversed(),
    deleted: deletions.filter(({ part }) => !needed.has(part.relative) && !isBelowLeaf(part.relative)),
    // Only where something below was allowed to go.
    goneFolders: gone.filter((relative) => emptied.has(relative)),
  };
}

function isFolderMode({ part }: KeepStep): boolean {
  return part.kind === "chmod" && part.entry === "directory";
}

function parentsOf(relative: string): readonly string[] {
  const parents: string[] = [];
  for (let path = dirname(relative); path !== "."; path = dirname(path)) parents.push(path);
  return parents;
}
