import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { SandboxError } from "../errors.ts";
import { lookupProgram } from "./lookup-program.ts";
import { parseShebang } from "./shebang.ts";

/** What may be started. */
export interface ExecutableFiles {
  /** Real paths of files. */
  readonly files: readonly string[];
  /** Links that lead to them, each with its text: names by which they are called. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  /** Folders with the parts of a program that it starts itself. */
  readonly folders: readonly string[];
}

// Programs that come in parts: without these folders they cannot do what they are listed for.
const PARTS: readonly (readonly [names: RegExp, folders: readonly string[]])[] = [
  [/^git$/, ["/usr/lib/git-core", "/usr/libexec/git-core"]],
  [/^(?:gcc|g\+\+|cc|c\+\+|cpp|gfortran)$/, ["/usr/lib/gcc", "/usr/libexec/gcc"]],
];

// A script that is run by a script that is run by … (BINPRM_MAX_RECURSION is 4).
const MAX_DEPTH = 5;
const MAX_LINKS = 40;
const START_BYTES = 256;

/**
 * Follows programs to the files that the kernel starts for them: through links to the real file, and for a program that
 * is a script to what runs it.
 *
 * @param programs Absolute paths.
 * @param at Which real paths are there inside, and the read-only tool chains, for what `env` looks up.
 * @returns Files and folders, sorted, each once.
 * @throws {SandboxError} `EXEC_DENIED` for one that is elsewhere, e.g. in the project.
 */
export function executableFiles(
  programs: readonly string[],
  at: { readonly isShown: (real: string) => boolean; readonly toolchains: readonly string[] },
): ExecutableFiles {
  const files = new Set<string>();
  const folders = new Set<string>();
  const links = new Map<string, string>();
  function add(program: string, depth: number): void {
    const real = realOf(program);
    // Threat: a link on PATH, or a first line, that leads to a file which the skill or the project brought along.
    if (real === null || !at.isShown(real)) {
      throw new SandboxError(
        "EXEC_DENIED",
        `Cannot run script: ${JSON.stringify(program)} is no program of the system`,
        {
          hint: "programs of other folders count once sandbox.paths of your config.yml names them",
        },
      );
    }
    for (const { path, to } of linksOf(program)) links.set(path, to);
    if (files.has(real)) return;
    files.add(real);
    for (const [names, parts] of PARTS) {
      if (names.test(basename(program)) || names.test(basename(real))) {
        for (const part of parts) if (isFolder(part)) folders.add(realpathSync(part));
      }
    }
    if (depth < MAX_DEPTH) { for (const next of runnersOf(real, at.toolchains)) add(next, depth + 1); }
  }
  for (const program of programs) add(program, 1);
  return {
    files: [...files].toSorted(),
    links: [...links].map(([path, to]) => ({ path, to })).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    folders: [...folders].toSorted(),
  };
}

// A listed program that is a script brings what runs it.
function runnersOf(file: string, toolchains: readonly string[]): readonly string[] {
  const line = parseShebang(startOf(file));
  if (line.kind !== "program") return [];
  const { program, env } = line;
  const found = program.includes("/") ? program : lookupProgram(program, toolchains);
  return [env, found].filter((path) => path !== null).filter((path) => realOf(path) !== null);
}

function startOf(file: string): Uint8Array {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return new Uint8Array();
    const bytes = new Uint8Array(START_BYTES);
    return bytes.subarray(0, readSync(fd, bytes, 0, START_BYTES, 0));
  } catch {
    return new Uint8Array();
  } finally {
    closeSync(fd);
  }
}

// E.g. /usr/bin/awk to /etc/alternatives/awk to /usr/bin/mawk; the folders above are real.
function linksOf(program: string): ExecutableFiles["links"] {
  const links: { path: string; to: string }[] = [];
  let path = program;
  while (links.length < MAX_LINKS) {
    const at = `${realpathSync(dirname(path))}/${basename(path)}`;
    if (!lstatSync(at).isSymbolicLink()) break;
    const to = readlinkSync(at);
    links.push({ path: at, to });
    path = resolve(dirname(at), to);
  }
  return links;
}

function realOf(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isFile() ? real : null;
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
