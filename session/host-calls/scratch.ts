import { concatBytes } from "../../core/mod.ts";
import { HostFault } from "./reply.ts";

/** What one name of a folder is. */
export interface GuestEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly size: number;
}

/** Files of one run that never reach a disk and are gone afterwards: `scratch:`. */
export interface Scratch {
  read(path: string): Uint8Array;
  write(path: string, data: Uint8Array, append: boolean): void;
  list(path: string): readonly GuestEntry[];
  exists(path: string): boolean;
  makeFolder(path: string): void;
}

const MAX_BYTES = 32 * 1024 * 1024;
const MAX_FILES = 4096;
const MAX_SEGMENTS = 64;

/**
 * Creates the scratch space of a run, at most 32 MiB in 4,096 files.
 *
 * @returns The space, empty.
 */
export function createScratch(): Scratch {
  const files = new Map<string, Uint8Array>();
  const folders = new Set<string>([""]);
  let used = 0;

  function makeFolder(path: string): void {
    const parts = path === "" ? [] : path.split("/");
    if (parts.length > MAX_SEGMENTS) throw new HostFault("invalid", "Cannot use the path: it is too deep");
    for (let end = 1; end <= parts.length; end++) {
      const folder = parts.slice(0, end).join("/");
      if (files.has(folder)) {
        throw new HostFault("exists", `Cannot make folder "scratch:${folder}": a file has this name`);
      }
      if (folders.size > MAX_FILES) throw new HostFault("exhausted", "scratch: too many folders");
      folders.add(folder);
    }
  }
  return {
    makeFolder,
    read(path): Uint8Array {
      const found = files.get(path);
      if (found === undefined) throw new HostFault("not-found", `Cannot read "scratch:${path}": there is no such file`);
      return found;
    },
    write(path, data, append): void {
      if (path === "" || folders.has(path)) {
        throw new HostFault("exists", `Cannot write "scratch:${path}": it is a folder`);
      }
      const before = files.get(path);
      const content = append && before !== undefined ? concatBytes([before, data]) : data.slice();
      const after = used - (before?.length ?? 0) + content.length;
      if (after > MAX_BYTES || (before === undefined && files.size >= MAX_FILES)) {
        throw new HostFault("exhausted", `scratch: at most ${MAX_BYTES} bytes in ${MAX_FILES} files`);
      }
      const cut = path.lastIndexOf("/");
      makeFolder(cut < 0 ? "" : path.slice(0, cut));
      files.set(path, content);
      used = after;
    },
    list(path): readonly GuestEntry[] {
      if (!folders.has(path)) {
        throw new HostFault("not-found", `Cannot list "scratch:${path}": there is no such folder`);
      }
      return entriesBelow(path, files, folders);
    },
    exists: (path) => files.has(path) || folders.has(path),
  };
}

/**
 * Lists what lies directly below a folder of files in memory.
 *
 * @param folder Path without slash at its ends; empty for the root.
 * @param files Content by path.
 * @param folders Further folders.
 * @returns Entries sorted by name.
 */
export function entriesBelow(
  folder: string,
  files: ReadonlyMap<string, Pick<Uint8Array, "length">>,
  folders: Iterable<string> = [],
): readonly GuestEntry[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  const found = new Map<string, GuestEntry>();
  for (const path of folders) {
    if (path === "" || !path.startsWith(prefix)) continue;
    const [name = ""] = path.slice(prefix.length).split("/");
    if (name !== "") found.set(name, { name, kind: "directory", size: 0 });
  }
  for (const [path, { length }] of files) {
    if (!path.startsWith(prefix)) continue;
    const [name = "", ...rest] = path.slice(prefix.length).split("/");
    if (name !== "") {
      found.set(name, rest.length > 0 ? { name, kind: "directory", size: 0 } : { name, kind: "file", size: length });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
