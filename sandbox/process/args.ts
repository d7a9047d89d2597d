import { lstatSync } from "node:fs";
import { isWithin } from "../files/check-path.ts";
import type { HostFacts } from "../deps.ts";
import { relayOptions } from "../egress/relay.ts";
import { INNER_HOME } from "./command-environment.ts";
import type { ProcessSpec } from "./process-spec.ts";
import type { ProgramWalls } from "./program-walls.ts";
import { emptyFolder, procOptions, rootOptions } from "./root-layout.ts";
import { skillOptions } from "./skill-mount.ts";

/** What the options are built from, besides the spec. */
export interface ArgsInput {
  readonly spec: ProcessSpec;
  readonly facts: HostFacts;
  /** `true`: the merged view `m` of the stage is mounted at the project's path. */
  readonly staged: boolean;
  /** What keeps a skill's script from starting other programs, or `null`. */
  readonly walls: ProgramWalls | null;
  readonly seccomp: boolean;
  /** Every variable, secret values too: they travel in the same pipe. */
  readonly environment: Readonly<Record<string, string>>;
  /** Socket of the egress proxy, or `null` for no network. */
  readonly egressSocket: string | null;
  /** Wait on this descriptor before the command starts, or `null`. */
  readonly blockFd: number | null;
}

/** Descriptors of the supervisor, as the script names them. */
export const FD: {
  readonly args: number;
  readonly status: number;
  readonly control: number;
  readonly seccomp: number;
  readonly block: number;
  readonly stdin: number;
} = {
  args: 3,
  status: 4,
  control: 5,
  seccomp: 6,
  block: 7,
  stdin: 8,
};

// What of `.agentzero` a command may see, read-only: nothing of the record, the transcripts or the stage.
const VISIBLE = ["policy.yml", "config.yml", "skills", "skills.lock"] as const;

/**
 * Builds the options of bubblewrap. They go through a pipe, never through argv, which every process can read.
 *
 * @param input The command, its environment and what is in force.
 * @returns Options without the command itself.
 */
export function buildArgs(input: ArgsInput): readonly string[] {
  const { spec } = input;
  return [
    ["--json-status-fd", String(FD.status), "--die-with-parent", "--new-session"],
    ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"],
    ["--hostname", "agentzero"],
    input.seccomp ? ["--seccomp", String(FD.seccomp)] : [],
    input.blockFd === null ? [] : ["--block-fd", String(input.blockFd)],
    environmentOptions(input.environment),
    mountOptions(input),
    ["--chdir", spec.cwd],
  ].flat();
}

/**
 * Gives what says what a sandbox is, for its digest: the options without values of variables and without names that
 * differ from run to run.
 *
 * @param input The same as for {@link buildArgs}.
 * @param options What {@link buildArgs} gave.
 * @returns A plain object.
 */
export function profileOf(input: ArgsInput, options: readonly string[]): object {
  const shown: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const option = options[at] ?? "";
    shown.push(option.startsWith(input.spec.stageDir) ? "STAGE" : option === input.egressSocket ? "EGRESS" : option);
    if (option !== "--setenv") continue;
    shown.push(options[at + 1] ?? "");
    at += 2;
  }
  const { limits, timeoutMs } = input.spec;
  const hosts = input.spec.hosts ?? [];
  return { backend: "bubblewrap", form: 1, staged: input.staged, options: shown.join("\n"), hosts, limits, timeoutMs };
}

function environmentOptions(environment: Readonly<Record<string, string>>): readonly string[] {
  // The supervisor starts with nothing; what a shell adds by itself goes here.
  return ["--clearenv", ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value])];
}

function mountOptions(input: ArgsInput): readonly string[] {
  const { spec, facts, walls } = input;
  const { project } = spec;
  const shm = String(Math.min(spec.limits.tmpBytes, 64 * 1024 * 1024));
  const chains = spec.readOnlyPaths.filter((path) => !isWithin(path, project));
  return [
    rootOptions(`${spec.stageDir}/etc`, project, walls?.source),
    ["--dev", "/dev", ...scratch("/dev/shm", shm, walls?.shm), "--proc", "/proc"],
    procOptions(facts.uid),
    [...scratch("/tmp", String(spec.limits.tmpBytes), walls?.tmp), "--perms", "0700", "--dir", INNER_HOME],
    // A project below /var needs a real folder there.
    [project, ...chains].some((path) => isWithin(path, "/var"))
      ? []
      : ["--dir", "/var", "--symlink", "/tmp", "/var/tmp"],
    input.egressSocket === null ? [] : relayOptions(input.egressSocket, facts),
    chains.flatMap((path) => ["--ro-bind", walls?.source(path) ?? path, path]),
    ...projectOptions(input),
    hiddenOptions(spec),
    walls?.options ?? [],
    // Last, so that everything above could still make its mount points.
    // Threat: an agent that runs as root. The owner of /proc/sys is root outside and inside, so it could be written.
    ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"],
  ].flat();
}

function scratch(path: string, size: string, mounted: string | undefined): readonly string[] {
  return mounted === undefined ? ["--perms", "1777", "--size", size, "--tmpfs", path] : ["--bind", mounted, path];
}

function projectOptions({ spec, staged }: ArgsInput): readonly (readonly string[])[] {
  const { project, skill } = spec;
  if (skill !== undefined) return [skillOptions({ ...spec, skill }, staged)];
  return [staged ? ["--bind", `${spec.stageDir}/m`, project] : ["--ro-bind", project, project], ownFolder(project)];
}

function ownFolder(project: string): readonly string[] {
  const own = `${project}/.agentzero`;
  if (!isFolder(own)) return [];
  const shown = VISIBLE.filter((name) => isPlain(`${own}/${name}`));
  return [
    ["--perms", "0555", "--size", "65536", "--tmpfs", own],
    shown.flatMap((name) => ["--ro-bind", `${own}/${name}`, `${own}/${name}`]),
    ["--remount-ro", own],
  ].flat();
}

function hiddenOptions(spec: ProcessSpec): readonly string[] {
  const own = `${spec.project}/.agentzero`;
  // Shorter paths first: a mask below another one would have nowhere to be mounted.
  const dirs = spec.hidden.dirs.filter((path) => !isWithin(path, own)).toSorted();
  const outer = dirs.filter((path) => !dirs.some((other) => other !== path && isWithin(path, other)));
  const files = spec.hidden.files.filter((path) => !isWithin(path, own) && !outer.some((dir) => isWithin(path, dir)));
  return [
    ...outer.flatMap((path) => emptyFolder(path)),
    ...files.flatMap((path) => ["--ro-bind", "/dev/null", path]),
  ];
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

// Threat: `.agentzero/skills` as a link to somewhere else. Links are not shown.
function isPlain(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isFile() || stat.isDirectory());
}
