import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { isWithin } from "../files/check-path.ts";
import { etcOptions } from "./inner-etc.ts";

const TOP = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] as const;
const LOCAL: ReadonlySet<string> = new Set(["bin", "lib", "lib64", "libexec", "include", "share", "go"]);

/** Parts of `/proc` that tell the real root about the host; what needs a capability is refused anyway. */
const PROC_FILES = ["keys", "latency_stats", "sched_debug", "slabinfo", "timer_list", "vmallocinfo"] as const;

/**
 * Gives the bubblewrap options for the small root: the system's programs read-only, a few public files of `/etc`, no
 * home, no `/run`, no `/var`.
 *
 * Threat: secrets and sockets of the host. What is not listed does not exist inside.
 *
 * @param etc Folder with our own files of `/etc`.
 * @param project Real path of the project; a folder above it stays open for its mount point.
 * @param source Where the system's folders are mounted, if not at their own place.
 * @returns Options in the order in which they must be applied.
 */
export function rootOptions(
  etc: string,
  project: string,
  source: (path: string) => string = (path) => path,
): readonly string[] {
  const options = ["--ro-bind", source("/usr"), "/usr"];
  for (const name of namesOf("/usr/local")) {
    if (!LOCAL.has(name)) options.push(...hiddenLocal(`/usr/local/${name}`, project));
  }
  for (const name of TOP) {
    const link = linkOf(`/${name}`);
    if (link !== null) options.push("--symlink", link, `/${name}`);
    else if (exists(`/${name}`)) options.push("--ro-bind", source(`/${name}`), `/${name}`);
  }
  return [...options, ...etcOptions(etc)];
}

/**
 * Gives the folders of the system that are shown, e.g. `/usr`; what only links to one of them is left out.
 *
 * @returns Absolute paths.
 */
export function systemFolders(): readonly string[] {
  return ["usr", ...TOP].map((name) => `/${name}`).filter((path) =>
    lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  );
}

/**
 * Is it in a part of `/usr/local` that is covered?
 *
 * @param path Absolute path.
 * @returns `true` when nothing of it is there inside.
 */
export function isHiddenLocal(path: string): boolean {
  const [, name] = /^\/usr\/local\/([^/]+)/.exec(path) ?? [];
  return name !== undefined && !LOCAL.has(name);
}

/**
 * Gives the options that cover what of `/proc` the real root could read.
 *
 * Threat: an agent that runs as root. Its user id is root's outside, too, and `/proc` judges by that.
 *
 * @param uid Real user id of the agent.
 * @returns Options; none for other users.
 */
export function procOptions(uid: number): readonly string[] {
  if (uid !== 0) return [];
  return PROC_FILES.filter((name) => exists(`/proc/${name}`)).flatMap((
    name,
  ) => ["--ro-bind", "/dev/null", `/proc/${name}`]);
}

/**
 * Gives the options that show an empty, read-only folder in place of another.
 *
 * @param path Path inside the sandbox.
 * @returns Options.
 */
export function emptyFolder(path: string): readonly string[] {
  return ["--perms", "0555", "--size", "65536", "--tmpfs", path, "--remount-ro", path];
}

// Threat: `/usr/local/etc`, where people keep tokens. Empty folders need no cover, a link leads to what is shown or nowhere.
function hiddenLocal(path: string, project: string): readonly string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isSymbolicLink()) return [];
  if (!stat.isDirectory()) return ["--ro-bind", "/dev/null", path];
  if (namesOf(path).length === 0) return [];
  return isWithin(project, path) ? emptyFolder(path).slice(0, -2) : emptyFolder(path);
}

function namesOf(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // Closed to us, so closed to the command; covered all the same if it exists.
    return exists(path) && path !== "/usr/local" ? ["?"] : [];
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
