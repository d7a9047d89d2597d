import { performance } from "node:perf_hooks";
import { FIXED, SANDBOX_BOUNDS } from "../limits.ts";
import { type Deny, type FolderView, rememberedViews } from "./folder-view.ts";
import { withOtherNames } from "./other-names.ts";

/** Why no command can run in a project. */
export interface MaskProblem {
  /** Stable code. */
  readonly code: "LIMIT_SIZE" | "FILE_REFUSED";
  /** What happened, one sentence. */
  readonly reason: string;
  /** What the reader can do about it. */
  readonly hint: string;
}

/** Paths that a command in the project must not see. */
export interface MaskedPaths {
  /** Real paths of files that policy denies, of their other names, and of every socket, FIFO and device. */
  readonly files: readonly string[];
  /** Real paths of folders that policy denies. */
  readonly dirs: readonly string[];
  /** Why no run can start, e.g. more than 300 masks; `null` when all is well. */
  readonly problem: MaskProblem | null;
}

/** Bounds of the walk. */
export interface MaskOptions {
  /** Entries looked at, at most; 200,000 by default. */
  readonly maxEntries?: number;
  /** Masks, at most; 300 by default. */
  readonly maxMasks?: number;
  /** Wall time in milliseconds, for tests. */
  readonly now?: number;
}

/** Masks found so far. */
interface Walk {
  readonly files: string[];
  readonly dirs: string[];
  /** Folders with something to see, themselves or below. */
  readonly open: Set<string>;
  /** How many masks each rule made. */
  readonly rules: Map<string, number>;
  entries: number;
}

/**
 * Finds what policy denies below a project, and everything that is neither file, folder nor link. Links are not
 * followed: what they point to is masked where it lies, or is not there inside the sandbox.
 *
 * @example
 * ```ts
 * findMasked("/home/me/shop", (path) => (path.endsWith("/.env") ? "no-env" : null));
 * ```
 * @param project Real path of the project.
 * @param deny Gives the id of the rule that denies reading a real path, or `null`. Pass the same function while the
 *   policy stays the same: folders are remembered by it.
 * @param options Bounds, and the time.
 * @returns Masks, or the problem that forbids a run.
 */
export function findMasked(project: string, deny: Deny, options: MaskOptions = {}): MaskedPaths {
  const viewOf = rememberedViews(deny, options.now ?? performance.timeOrigin + performance.now());
  const state: Walk = { files: [], dirs: [], open: new Set(), rules: new Map(), entries: 0 };
  const maxEntries = options.maxEntries ?? SANDBOX_BOUNDS.walkEntries.default;
  const maxMasks = options.maxMasks ?? FIXED.masks;
  const stack: string[] = [project];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    const view = viewOf(folder);
    if (view === "unreadable") continue;
    state.entries += view.entries;
    for (const name of view.below) stack.push(`${folder}/${name}`);
    take(state, folder, view);
    if (view.open) noteOpen(state, folder);
    if (state.entries > maxEntries) return refused(tooManyEntries(project, maxEntries));
  }
  if (state.files.length + state.dirs.length > maxMasks) coverFolders(state, project);
  if (state.files.length + state.dirs.length > maxMasks) return refused(tooManyMasks(state.rules, maxMasks));
  const files = withOtherNames(state, { project, maxMasks });
  return files === null ? refused(tooManyMasks(state.rules, maxMasks)) : { files, dirs: state.dirs, problem: null };
}

function noteOpen(state: Walk, folder: string): void {
  for (let path = folder; path !== "" && !state.open.has(path); path = path.slice(0, path.lastIndexOf("/"))) {
    state.open.add(path);
  }
}

// A folder in which everything is masked can be masked as one: with many files that is the only way to start at all.
function coverFolders(state: Walk, project: string): void {
  const covered = new Set<string>();
  function outermost(path: string): string {
    let found = path;
    for (let at = parentOf(path); at !== project && at.startsWith(project); at = parentOf(at)) {
      if (!state.open.has(at)) found = at;
    }
    return found;
  }
  const files = state.files.splice(0);
  const dirs = state.dirs.splice(0);
  for (const path of files) {
    const outer = outermost(path);
    if (outer === path) state.files.push(path);
    else covered.add(outer);
  }
  for (const path of dirs) covered.add(outermost(path));
  state.dirs.push(...covered);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function take(state: Walk, folder: string, view: FolderView): void {
  for (const name of view.files) state.files.push(`${folder}/${name}`);
  for (const name of view.dirs) state.dirs.push(`${folder}/${name}`);
  for (const rule of view.rules) state.rules.set(rule, (state.rules.get(rule) ?? 0) + 1);
}

/** The answer where no run can start. */
function refused(problem: MaskProblem): MaskedPaths {
  return { files: [], dirs: [], problem };
}

/** A project whose entries take too long to look at before every run. */
function tooManyEntries(project: string, limit: number): MaskProblem {
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: ${JSON.stringify(project)} has more than ${limit} files`,
    hint: `work in a smaller folder, or raise ${SANDBOX_BOUNDS.walkEntries.key}`,
  };
}

/** More masks than a sandbox can be given; `rules` counts how many each rule made. */
function tooManyMasks(rules: ReadonlyMap<string, number>, limit: number): MaskProblem {
  const [rule] = [...rules].toSorted(([, a], [, b]) => b - a)[0] ?? ["sockets and devices"];
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: more than ${limit} paths of the project are denied`,
    hint: `rule "${rule}" denies most of them: let it deny a folder instead of many files`,
  };
}
