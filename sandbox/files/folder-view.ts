import { type BigIntStats, type Dirent, lstatSync, readdirSync } from "node:fs";
import { errnoOf } from "./file-error.ts";

/** Gives the id of the rule that denies reading a real path, or `null`. A folder is denied with everything in it. */
export type Deny = (realPath: string, kind: "file" | "folder") => string | null;

/** What one folder holds, as far as masks are concerned. */
export interface FolderView {
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

// By the test itself: a new generation of policy brings a new function, and with it an empty memory.
const memory = new WeakMap<Deny, Map<string, FolderView>>();

// File systems stamp in steps of up to two seconds: a folder changed twice in one step looks unchanged.
const SETTLED_MS = 2500;

/** What one walk looks at folders with. */
interface Looking {
  readonly deny: Deny;
  readonly known: Map<string, FolderView>;
  readonly settledNs: bigint;
}

/**
 * Looks at folders one by one, and again only at those that changed since.
 *
 * @param deny Tells what is denied; folders are remembered by it.
 * @param now Wall time in milliseconds.
 * @returns Gives what a folder holds, by its real path.
 */
export function rememberedViews(deny: Deny, now: number): (folder: string) => FolderView | "unreadable" {
  const known = memory.get(deny) ?? new Map<string, FolderView>();
  memory.set(deny, known);
  // Time decides only what is remembered, never what is found; a clock that lags makes this remember less.
  const settledNs = BigInt(Math.floor(now) - SETTLED_MS) * 1_000_000n;
  const looking: Looking = { deny, known, settledNs };
  return (folder) => viewOf(looking, folder);
}

function viewOf(state: Looking, folder: string): FolderView | "unreadable" {
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

function look(state: Looking, folder: string, stat: BigIntStats): FolderView {
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

// Threat: a FIFO, socket or device in the project is a channel to a process outside.
function isSpecial(entry: Dirent): boolean {
  return !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink();
}
