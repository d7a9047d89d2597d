import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { isWithin } from "../files/check-path.ts";
import { type ExecutableFiles, executableFiles } from "./executable-files.ts";
import { libraryFolders, realFolder } from "./library-folders.ts";
import { toolchainPath } from "./lookup-program.ts";
import { mountsBelow } from "./mounts-below.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { emptyFolder, isHiddenLocal, systemFolders } from "./root-layout.ts";
import { quoted } from "./quoted.ts";
import type { Stage } from "./stage.ts";
import type { Programs } from "./supervisor.ts";

/** What keeps a script from starting programs that were not approved. */
export interface ProgramWalls {
  /** Lines of the supervisor's script, run in the folder of the stage. */
  readonly setup: readonly string[];
  /** Gives where a path of the system is mounted so that nothing in it can be started. */
  readonly source: (path: string) => string;
  /** Options that open what may be started; they come after all other mounts. */
  readonly options: readonly string[];
  /** Folder of the stage for `/tmp`. */
  readonly tmp: string;
  /** Folder of the stage for `/dev/shm`. */
  readonly shm: string;
}

// Only ever more than the mount had: in a user namespace nothing of it could be taken away.
const CLOSED = "remount,bind,nosuid,nodev,noexec";

/**
 * Plans the mounts for a script of a skill: the whole system, the project and everything that can be written without the
 * right to start a program (`noexec`, which the loader and every interpreter of machine code obey, too); on top of that
 * the programs that were approved and the libraries that programs are linked with.
 *
 * Threat: a script that was approved for `git` and starts `curl`, a copy of it, or bytes that it wrote itself.
 *
 * @param spec The command.
 * @param stage Folder of the run; gets mount points.
 * @param programs The programs of this machine that the sandbox is made with.
 * @returns The plan.
 * @throws {SandboxError} `EXEC_DENIED` for a program that is none of the system's, `LIMIT_SIZE`.
 */
export function planProgramWalls(
  spec: ProcessSpec & { readonly skill: NonNullable<ProcessSpec["skill"]> },
  stage: Stage,
  programs: Programs,
): ProgramWalls {
  const { project, limits, stage: staged } = spec;
  const toolchains = spec.readOnlyPaths.filter((path) => !isWithin(path, project));
  const bases = outermost([...systemFolders(), ...toolchains]);
  function isShown(path: string): boolean {
    return bases.some((base) => isWithin(path, base)) &&
      (!isHiddenLocal(path) || toolchains.some((chain) => isWithin(path, chain)));
  }
  const mayStart = executableFiles(spec.skill.programs, { isShown, toolchains });
  const libraries = libraryFolders(mayStart.files, isShown);
  const hidden = programFolders(toolchains);
  const own = join(stage.dir, "x");
  mkdirSync(own, { mode: 0o700 });
  const mounts = bases.map((path, index) => ({ path, at: `x/${index}` }));
  for (const name of [...mounts.keys(), "tmp", "shm"]) mkdirSync(join(own, String(name)), { mode: 0o700 });
  function source(path: string): string {
    const base = mounts.find((mount) => isWithin(path, mount.path));
    return base === undefined ? path : `${stage.dir}/${base.at}${path.slice(base.path.length)}`;
  }
  return {
    setup: [
      `n() { ${programs.mount} "$@" 2>&4 || { echo 'setup: cannot close what must not be started' >&4; exit 93; }; }`,
      ...mounts.flatMap(({ path, at }) => closedCopy(path, at, "ro")),
      ...closedCopy("skill", "skill", "ro"),
      ...(staged ? [] : closedCopy(project, "m", "ro")),
      ...[["tmp", limits.tmpBytes, "1777"], ["shm", Math.min(limits.tmpBytes, SHM_BYTES), "1777"]].map((
        [name, size, mode],
      ) => `n -t tmpfs -o size=${size},mode=${mode},nosuid,nodev,noexec tmpfs x/${name}`),
      // The wall is looked at before anything relies on it.
      `if ${
        quoted(source(realpathSync(programs.sh)))
      } -c : 2>/dev/null; then echo 'setup: programs could still be started' >&4; exit 94; fi`,
    ],
    source,
    options: [
      ...hidden.flatMap((folder) => shownPrograms(folder, mayStart)),
      ...libraries.open.flatMap(open),
      ...libraries.closed.flatMap((path) => ["--ro-bind", source(path), path]),
      ...mayStart.folders.flatMap(open),
      // Those that no folder of programs shows.
      ...mayStart.files.filter((path) => !isIn(path, hidden)).flatMap(open),
      // Threat: /proc/1/exe is bubblewrap itself, by a way that no mount covers.
      ...emptyFolder("/proc/1"),
    ],
    tmp: join(own, "tmp"),
    shm: join(own, "shm"),
  };
}

// Where programs are looked up; a tool chain that is its own folder on PATH holds more than programs.
function programFolders(toolchains: readonly string[]): readonly string[] {
  const chains = toolchains.map(toolchainPath).filter((path) => !toolchains.includes(path));
  return [...new Set([...PROGRAM_FOLDERS, ...chains].flatMap(realFolder))];
}

// Only what was approved is there, so that a script that looks for a program and finds none can do without.
function shownPrograms(folder: string, { files, links }: ExecutableFiles): readonly string[] {
  return [
    ["--perms", "0755", "--size", "1048576", "--tmpfs", folder],
    ...files.filter((path) => isIn(path, [folder])).map(open),
    ...links.filter(({ path }) => isIn(path, [folder])).map(({ path, to }) => ["--symlink", to, path]),
    ["--remount-ro", folder],
  ].flat();
}

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.includes(dirname(path));
}

const PROGRAM_FOLDERS = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"] as const;
const SHM_BYTES = 64 * 1024 * 1024;

function open(path: string): readonly string[] {
  return ["--ro-bind", path, path];
}

function closedCopy(path: string, at: string, more: string): readonly string[] {
  return [
    `n -o rbind ${quoted(path)} ${quoted(at)}`,
    // A remount stops at the mounts below.
    ...["", ...submountsOf(path)].map((below) => `n -o ${CLOSED},${more} ${quoted(`${at}${below}`)}`),
  ];
}

// Relative to the folder, e.g. `/local` of `/usr`.
function submountsOf(path: string): readonly string[] {
  if (!path.startsWith("/")) return [];
  return mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), path).map((point) => point.slice(path.length));
}

function outermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path, index) =>
    !paths.some((other, at) => at !== index && isWithin(path, other) && (path !== other || at < index))
  );
}
