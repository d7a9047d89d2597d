import { closeSync, type Dirent, lstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isWithin } from "../files/check-path.ts";
import { SandboxError } from "../errors.ts";

/** Where code may be loaded from without being a program. */
export interface LibraryFolders {
  /** Real paths of folders whose files may be mapped as code. */
  readonly open: readonly string[];
  /** Folders and files inside of them that hold programs. */
  readonly closed: readonly string[];
}

const BASES = ["/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"] as const;
const LOCAL = ["/usr/local/lib", "/usr/local/lib64"] as const;
const TRIPLET = /^[a-z0-9_]+-linux-[a-z0-9]+$/;
const C_LIBRARY = /^(?:ld-linux[^/]*|ld-musl[^/]*|ld64|libc)\.so(?:\.[0-9]+)*$/;
const LIBRARY = /\.so(?:\.[0-9A-Za-z_]+)*$/;
// Folders of other people's packages: many files, and no library that a program of the system is linked with.
const HEAPS: ReadonlySet<string> = new Set(["node_modules"]);
const MAX_ENTRIES = 400_000;
const MAX_CLOSED = 2_000;

/**
 * Finds the folders of shared libraries that programs need, and what in them is a program itself.
 *
 * Threat: a program that lies beside libraries, such as the parts of a compiler or of a browser, is started by its path
 * or by the loader, which runs whatever it can map.
 *
 * @param files Real paths of the programs that may be started.
 * @param isShown Which real paths are there inside.
 * @returns Folders to open, and places in them to close again.
 * @throws {SandboxError} `LIMIT_SIZE` when there is more than can be looked at.
 */
export function libraryFolders(files: readonly string[], isShown: (real: string) => boolean): LibraryFolders {
  const all = [...systemFolders(), ...LOCAL.flatMap(realFolder), ...files.flatMap(ownFolders)];
  const open = outermost(all.filter(isShown));
  const budget = { entries: MAX_ENTRIES };
  const closed = open.flatMap((folder) => programPlaces(folder, budget));
  if (closed.length > MAX_CLOSED) {
    throw new SandboxError(
      "LIMIT_SIZE",
      `Cannot run script: ${closed.length} places in library folders hold programs`,
      {
        hint: "see which tool chains sandbox.paths of your config.yml names",
      },
    );
  }
  return { open, closed };
}

// The C library is where the system's other libraries are.
function systemFolders(): readonly string[] {
  const triplets = BASES.flatMap((base) =>
    namesOf(base).filter((name) => TRIPLET.test(name)).map((name) => `${base}/${name}`)
  );
  return [...BASES, ...triplets].flatMap(realFolder).filter((folder) =>
    namesOf(folder).some((name) => C_LIBRARY.test(name) && lstatSync(`${folder}/${name}`).isFile())
  );
}

// Modules of an interpreter, e.g. /usr/lib/python3.11 of python3.11, and libraries beside a program of its own prefix.
function ownFolders(file: string): readonly string[] {
  const [, stem = ""] = /^([a-z]+)/.exec(basename(file).toLowerCase()) ?? [];
  const modules = stem.length < 3
    ? []
    : ["/usr/lib", "/usr/lib64"].flatMap((base) =>
      namesOf(base).filter((name) => name.startsWith(stem)).map((name) => `${base}/${name}`)
    );
  const prefix = dirname(dirname(file));
  const beside = ["/", "/usr", "/usr/local"].includes(prefix) ? [] : [`${prefix}/lib`, `${prefix}/lib64`];
  return [...modules, ...beside].flatMap(realFolder);
}

function programPlaces(root: string, budget: { entries: number }): readonly string[] {
  const places: string[] = [];
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const programs: string[] = [];
    let libraries = false;
    const entries = entriesOf(folder);
    // Closed to us, and yet a path that somebody knows may lead through it.
    if (entries === null) places.push(folder);
    for (const entry of entries ?? []) {
      if (--budget.entries < 0) {
        throw new SandboxError(
          "LIMIT_SIZE",
          `Cannot run script: the library folders hold more than ${MAX_ENTRIES} files`,
        );
      }
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && HEAPS.has(entry.name)) places.push(path);
      else if (entry.isDirectory()) waiting.push(path);
      else if (LIBRARY.test(entry.name)) libraries = true;
      else if (!entry.isSymbolicLink() && isProgram(path)) programs.push(path);
    }
    if (programs.length > 0) places.push(...(libraries || folder === root ? programs : [folder]));
  }
  return outermost(places);
}

// Only compiled programs: a script is started by an interpreter, which has to be allowed itself.
function isProgram(path: string): boolean {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || (stat.mode & 0o111) === 0) return false;
    const fd = openSync(path, "r");
    try {
      const magic = new Uint8Array(4);
      readSync(fd, magic, 0, 4, 0);
      return magic[0] === 0x7f && magic[1] === 0x45 && magic[2] === 0x4c && magic[3] === 0x46;
    } finally {
      closeSync(fd);
    }
  } catch {
    // What we cannot look at is closed.
    return true;
  }
}

function outermost(paths: readonly string[]): readonly string[] {
  const sorted = [...new Set(paths)].toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return sorted.filter((path, index) => !sorted.slice(0, index).some((other) => isWithin(path, other)));
}

/** The real path of a folder, or nothing. */
export function realFolder(path: string): readonly string[] {
  try {
    const real = realpathSync(path);
    return lstatSync(real).isDirectory() ? [real] : [];
  } catch {
    return [];
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function entriesOf(folder: string): readonly Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return null;
  }
}
