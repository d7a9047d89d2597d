import { type BigIntStats, type Dirent, lstatSync, readdirSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { FIXED, SANDBOX_BOUNDS } from "../limits.ts";
import { errnoOf } from "./file-error.ts";

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

/** What one folder holds, as far as masks are concerned. */
interface FolderView {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly entries: number;
  /** Names of folders to enter. */
  readonly below: readonly string[];
  readonly files: readonly string[];
  readonly dirs: readonly string[];
  readonly rules: readonly string[];
  /** Is there anything that no mask covers, or nothing at all? */
  readonly open: boolean;
}

interface Walk {
  readonly deny: Deny;
  readonly known: Map<string, FolderView>;
  readonly settledNs: bigint;
  readonly files: string[];
  readonly dirs: string[];
  /** Folders with something to see, themselves or below. */
  readonly open: Set<string>;
  /** How many masks each rule made. */
  readonly rules: Map<string, number>;
  entries: number;
}

/** Gives the id of the rule that denies reading a real path, or `null`. A folder is denied with everything in it. */
export type Deny = (realPath: string, kind: "file" | "folder") => string | null;

// By the test itself: a new generation of policy brings a new function, and with it an empty memory.
const memory = new WeakMap<Deny, Map<string, FolderView>>();
// File systems stamp in steps of up to two seconds: a folder changed twice in one step looks unchanged.
const SETTLED_MS = 2500;

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
  const state: Walk = {
    deny,
    known: remembered(deny),
    // Time decides only what is remembered, never what is found; a clock that lags makes this remember less.
    settledNs: BigInt(Math.floor(options.now ?? performance.timeOrigin + performance.now()) - SETTLED_MS) * 1_000_000n,
    files: [],
    dirs: [],
    open: new Set(),
    rules: new Map(),
    entries: 0,
  };
  const maxEntries = options.maxEntries ?? SANDBOX_BOUNDS.walkEntries.default;
  const maxMasks = options.maxMasks ?? FIXED.masks;
  const stack: string[] = [project];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    const view = viewOf(state, folder);
    if (view === "unreadable") continue;
    state.entries += view.entries;
    for (const name of view.below) stack.push(`${folder}/${name}`);
    take(state, folder, view);
    if (view.open) noteOpen(state, folder);
    if (state.entries > maxEntries) return refused(tooManyEntries(project, maxEntries));
  }
  if (state.files.length + state.dirs.length > maxMasks) coverFolders(state, project);
  if (state.files.length + state.dirs.length > maxMasks) return refused(tooManyMasks(state, maxMasks));
  return withOtherNames(state, { project, maxMasks });
}

function remembered(deny: Deny): Map<string, FolderView> {
  const known = memory.get(deny) ?? new Map<string, FolderView>();
  memory.set(deny, known);
  return known;
}

function viewOf(state: Walk, folder: string): FolderView | "unreadable" {
  try {
    const stat = lstatSync(folder, { bigint: true });
    const known = state.known.get(folder);
    if (
      known !== undefined && known.ino === stat.ino && known.mtimeNs === stat.mtimeNs && known.ctimeNs === stat.ctimeNs
    ) return known;
    const view = look(state, folder, stat);
    if (stat.mtimeNs < state.settledNs && stat.ctimeNs < state.settledNs) state.known.set(folder, view);
    return view;
  } catch (error) {
    // What this user cannot list, a command of this user cannot list either. It may have vanished, too.
    if (["EACCES", "EPERM", "ENOENT", "ENOTDIR"].includes(errnoOf(error))) return "unreadable";
    throw error;
  }
}

function look(state: Walk, folder: string, stat: BigIntStats): FolderView {
  const [below, files, dirs, rules]: [string[], string[], string[], string[]] = [[], [], [], []];
  const entries = readdirSync(folder, { withFileTypes: true });
  let open = entries.length === 0;
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (isSpecial(entry)) {
      files.push(entry.name);
      continue;
    }
    if (entry.isSymbolicLink()) {
      open = true;
      continue;
    }
    const rule = state.deny(path, entry.isDirectory() ? "folder" : "file");
    if (rule !== null) {
      (entry.isDirectory() ? dirs : files).push(entry.name);
      rules.push(rule);
    } else if (entry.isDirectory()) {
      below.push(entry.name);
    } else {
      open = true;
    }
  }
  return {
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    ino: stat.ino,
    entries: entries.length,
    below,
    files,
    dirs,
    rules,
    open,
  };
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

// Threat: a FIFO, socket or device in the project is a channel to a process outside.
function isSpecial(entry: Dirent): boolean {
  return !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink();
}

function take(state: Walk, folder: string, view: FolderView): void {
  for (const name of view.files) state.files.push(`${folder}/${name}`);
  for (const name of view.dirs) state.dirs.push(`${folder}/${name}`);
  for (const rule of view.rules) state.rules.set(rule, (state.rules.get(rule) ?? 0) + 1);
}

// Threat: a hard link inside the project that gives a denied file a second, innocent name.
function withOtherNames(state: Walk, at: { readonly project: string; readonly maxMasks: number }): MaskedPaths {
  const linked = new Set<string>();
  for (const path of [...state.files, ...filesBelow(state.dirs)]) {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined && stat.isFile() && stat.nlink > 1n) linked.add(`${stat.dev}:${stat.ino}`);
  }
  if (linked.size === 0) return { files: state.files, dirs: state.dirs, problem: null };
  const files = new Set(state.files);
  const closed = new Set(state.dirs);
  const stack: string[] = [at.project];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && !closed.has(path)) stack.push(path);
      if (!entry.isFile()) continue;
      const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat !== undefined && linked.has(`${stat.dev}:${stat.ino}`)) files.add(path);
    }
    if (files.size + closed.size > at.maxMasks) return refused(tooManyMasks(state, at.maxMasks));
  }
  return { files: [...files], dirs: state.dirs, problem: null };
}

function* filesBelow(folders: readonly string[]): Generator<string, void, void> {
  const stack = [...folders];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) stack.push(path);
      else if (entry.isFile()) yield path;
    }
  }
}

// What this user cannot list, a command of this user cannot list either.
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (["EACCES", "EPERM", "ENOENT", "ENOTDIR"].includes(errnoOf(error))) return [];
    throw error;
  }
}

function refused(problem: MaskProblem): MaskedPaths {
  return { files: [], dirs: [], problem };
}

function tooManyEntries(project: string, limit: number): MaskProblem {
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: ${JSON.stringify(project)} has more than ${limit} files`,
    hint: `work in a smaller folder, or raise ${SANDBOX_BOUNDS.walkEntries.key}`,
  };
}

function tooManyMasks(state: Walk, limit: number): MaskProblem {
  const [rule] = [...state.rules].toSorted(([, a], [, b]) => b - a)[0] ?? ["sockets and devices"];
  return {
    code: "LIMIT_SIZE",
    reason: `Cannot prepare sandbox: more than ${limit} paths of the project are denied`,
    hint: `rule "${rule}" denies most of them: let it deny a folder instead of many files`,
  };
}
