import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf, toSandboxError } from "../files/file-error.ts";
import { makeFolder } from "../files/open-parent.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { makeEtc } from "./inner-etc.ts";
import { removeTree } from "./remove-tree.ts";

const HALF_MADE_MS = 60_000;
const FOREIGN_MS = 24 * 3_600_000;

/** The folder of one run. */
export interface Stage {
  readonly dir: string;
  /** Where the command's changes are. */
  readonly up: string;
  /** Change and modification time of a file made at set-up, by the project's own file system. */
  readonly stamp: { readonly ctimeNs: bigint; readonly mtimeNs: bigint };
}

/**
 * Makes the folder of a run: `up work m` for the overlay, `l` as a link to the project so that no special character of
 * its path reaches mount options, and `owner`, which says who lives here.
 *
 * @param dir Path that does not exist yet; missing parents are made.
 * @param project Real path of the project.
 * @param platform `process.platform`.
 * @returns The stage.
 * @throws {SandboxError} `PATH_CHANGED` when something stands there, `LIMIT_DISK`, `FILE_REFUSED`.
 */
export function makeStage(dir: string, project: string, platform: string): Stage {
  try {
    // Threat: a parent that was turned into a link. Each component is opened and verified on the way.
    const parent = makeFolder(dirname(dir), platform);
    try {
      mkdirSync(parent.at(basename(dir)), 0o700);
    } finally {
      parent.close();
    }
    writeFileSync(join(dir, "owner"), ownerText(), { flag: "wx", mode: 0o600 });
    for (const name of ["up", "work", "m"]) mkdirSync(join(dir, name), 0o700);
    symlinkSync(project, join(dir, "l"));
    makeEtc(join(dir, "etc"));
    const up = join(dir, "up");
    // The root of the merged view has the mode of this one.
    const root = lstatOrNull(project);
    if (root !== null) chmodSync(up, Number(root.mode & 0o777n) | 0o700);
    const stat = lstatOrNull(join(dir, "m"));
    return { dir, up, stamp: { ctimeNs: stat?.ctimeNs ?? 0n, mtimeNs: stat?.mtimeNs ?? 0n } };
  } catch (error) {
    throw toSandboxError(error, `Cannot prepare ${JSON.stringify(dir)}`);
  }
}

/**
 * Removes what runs that were killed left behind.
 *
 * @param root Folder that holds the stages, e.g. `…/.agentzero/state/stage`.
 * @param now Wall time in milliseconds.
 * @returns How many were removed.
 */
export function removeStaleStages(root: string, now: number): number {
  let removed = 0;
  for (const name of entriesOf(root)) {
    const dir = join(root, name);
    if (isAlive(dir, now)) continue;
    try {
      removeTree(dir);
      removed++;
    } catch {
      // Not ours to remove, or removed by another session this instant.
    }
  }
  return removed;
}

function entriesOf(root: string): readonly string[] {
  try {
    return readdirSync(root);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(errnoOf(error))) return [];
    throw error;
  }
}

// A process id alone may be somebody else by now; with its start time, in its namespace, it is the one that wrote it.
function ownerText(): string {
  const pid = readlinkSync("/proc/self");
  return `${pid} ${startTime(pid)} ${namespaceOf()}\n`;
}

function isAlive(dir: string, now: number): boolean {
  try {
    const [pid = "", start = "", namespace = ""] = readFileSync(join(dir, "owner"), "utf8").trim().split(" ");
    // Processes of another container cannot be seen: their stages are left alone for a day.
    if (namespace !== namespaceOf()) return isYounger(dir, now, FOREIGN_MS);
    return /^\d+$/.test(pid) && start !== "" && startTime(pid) === start;
  } catch {
    // Without an owner it is either half made this instant, or rubbish: the youngest is left alone.
    return isYounger(dir, now, HALF_MADE_MS);
  }
}

function isYounger(dir: string, now: number, ageMs: number): boolean {
  const stat = lstatOrNull(dir);
  return stat !== null && now - Number(stat.mtimeNs / 1_000_000n) < ageMs;
}

function namespaceOf(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "unknown";
  }
}

function startTime(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program may hold spaces and brackets: count from the last one.
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A process that ended and was not reaped yet is not alive.
    return state === "Z" || state === "X" ? "" : fields[18] ?? "";
  } catch {
    return "";
  }
}
