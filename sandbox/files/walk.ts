import { type Dirent, readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/mod.ts";
import { SandboxError } from "../errors.ts";
import { FIXED } from "../limits.ts";
import { toSandboxError } from "./file-error.ts";
import { type OpenFolder, openFolder } from "./folder.ts";
import { lstatOrNull } from "./stamp.ts";

/** One entry that a walk met. */
export interface WalkEntry {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly real: string;
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink" | "special";
  /** The open parent, valid until the next step. */
  readonly folder: OpenFolder;
}

/** How far a walk goes. */
export interface WalkOptions {
  readonly platform: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** 1 is the root's own entries. */
  readonly maxDepth: number;
  readonly maxEntries: number;
  /** Decides before a folder is opened; not asked for the root. */
  enter(entry: WalkEntry): boolean;
}

/** How a walk ended early, if it did. */
export interface WalkEnd {
  truncated: boolean;
}

interface Frame {
  readonly real: string;
  readonly path: string;
  readonly depth: number;
}

/**
 * Walks a folder: parents before their entries, names in code-unit order, links never followed, one device.
 * Yields to other work now and then.
 *
 * @param root Real path of a folder.
 * @param options Bounds and the test for folders.
 * @param end Set when a cap was met.
 * @returns The entries, one by one.
 * @throws {SandboxError} `CANCELLED`; `NOT_FOUND`, `PATH_CHANGED`, `FILE_REFUSED` for the root only.
 */
export async function* walk(root: string, options: WalkOptions, end: WalkEnd): AsyncGenerator<WalkEntry, void, void> {
  const deadline = options.clock.mono() + FIXED.walkMs;
  // Depth first: a stack whose top is the next folder. Entries of one folder come out before its folders are entered.
  const stack: Frame[] = [{ real: root, path: "", depth: 1 }];
  let device: bigint | null = null;
  let [seen, folders] = [0, 0];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if (options.signal.aborted) {
      throw new SandboxError("CANCELLED", `Cannot walk ${JSON.stringify(root)}: it was cancelled`);
    }
    if (options.clock.mono() > deadline) {
      end.truncated = true;
      return;
    }
    if (++folders % 64 === 0) await setImmediate();
    const folder = openNext(frame, options, end);
    if (folder === null) continue;
    try {
      device ??= folder.stat.dev;
      if (folder.stat.dev !== device) continue;
      const below: Frame[] = [];
      for (const item of sortedEntries(folder, frame, end)) {
        if (seen++ >= options.maxEntries) {
          end.truncated = true;
          return;
        }
        const entry = entryOf(item, { frame, folder });
        yield entry;
        if (entry.kind !== "directory") continue;
        if (frame.depth >= options.maxDepth) {
          if (options.maxDepth >= FIXED.walkDepth) end.truncated = true;
        } else if (options.enter(entry)) {
          below.push({ real: entry.real, path: entry.path, depth: frame.depth + 1 });
        }
      }
      stack.push(...below.toReversed());
    } finally {
      folder.close();
    }
  }
}

function openNext(frame: Frame, options: WalkOptions, end: WalkEnd): OpenFolder | null {
  try {
    return openFolder(frame.real, options.platform);
  } catch (error) {
    if (frame.path === "") throw notAFolder(frame.real) ?? error;
    // A folder that vanished or denies access meanwhile is left out; the rest still counts.
    end.truncated = true;
    return null;
  }
}

/** What stands there instead, where it is a file: then it can be read. */
function notAFolder(real: string): SandboxError | null {
  if (!isFile(real)) return null;
  return new SandboxError("NOT_FOUND", `Cannot list ${JSON.stringify(real)}: it is a file, not a folder`, {
    hint: "use read to see what is in it",
  });
}

function isFile(path: string): boolean {
  try {
    return lstatOrNull(path)?.isFile() === true;
  } catch {
    return false;
  }
}

function sortedEntries(folder: OpenFolder, frame: Frame, end: WalkEnd): Dirent[] {
  try {
    const entries = readdirSync(folder.fd === null ? frame.real : folder.at(""), { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    if (frame.path === "") throw toSandboxError(error, `Cannot list ${JSON.stringify(frame.real)}`);
    end.truncated = true;
    return [];
  }
}

function entryOf(item: Dirent, at: { readonly frame: Frame; readonly folder: OpenFolder }): WalkEntry {
  const kind = item.isFile()
    ? "file"
    : item.isDirectory()
    ? "directory"
    : item.isSymbolicLink()
    ? "symlink"
    : "special";
  return {
    path: at.frame.path === "" ? item.name : `${at.frame.path}/${item.name}`,
    real: at.frame.real.endsWith("/") ? `${at.frame.real}${item.name}` : `${at.frame.real}/${item.name}`,
    name: item.name,
    kind,
    folder: at.folder,
  };
}
