import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { join } from "node:path";
import { SandboxError } from "../errors.ts";
import { errnoOf, toSandboxError } from "./file-error.ts";

/** A folder held open, so that what is done in it cannot be led elsewhere. */
export interface OpenFolder {
  readonly real: string;
  readonly stat: BigIntStats;
  /** A path to one of its entries, good for system calls: through the descriptor on Linux. */
  at(base: string): string;
  /** The descriptor, or `null` where folders cannot be opened. */
  readonly fd: number | null;
  /** Throws `PATH_CHANGED` when the folder is no longer found at its real path. */
  check(): void;
  close(): void;
}

/**
 * Opens the folder at a real path and proves that it is that one.
 *
 * @param real Real path of a folder, already checked.
 * @param platform `process.platform`.
 * @returns The open folder; the caller closes it.
 * @throws {SandboxError} `NOT_FOUND`, `PATH_CHANGED` when a component is a link, `FILE_REFUSED`.
 */
export function openFolder(real: string, platform: string): OpenFolder {
  return platform === "linux" ? openByDescriptor(real) : openByIdentity(real);
}

function openByDescriptor(real: string): OpenFolder {
  let fd: number;
  try {
    fd = openSync(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // With O_DIRECTORY a link gives ENOTDIR, like a file: look which one it is.
    if (["ENOTDIR", "ELOOP"].includes(errnoOf(error)) && isLink(real)) throw changed(real, "it is a link now");
    throw toSandboxError(error, `Cannot open folder ${JSON.stringify(real)}`);
  }
  const folder: OpenFolder = {
    real,
    fd,
    stat: fstatSync(fd, { bigint: true }),
    at: (base) => `/proc/self/fd/${fd}/${base}`,
    check() {
      const found = readlinkSync(`/proc/self/fd/${fd}`);
      // Threat: a parent swapped for a link between the decision and the open. The kernel says where the descriptor is.
      if (found !== real) throw changed(real, "it lies elsewhere now");
    },
    close: () => closeSync(fd),
  };
  return checked(folder);
}

function openByIdentity(real: string): OpenFolder {
  const stat = probe(real);
  const folder: OpenFolder = {
    real,
    fd: null,
    stat,
    at: (base) => join(real, base),
    check() {
      const now = probe(real);
      if (now.dev !== stat.dev || now.ino !== stat.ino) throw changed(real, "another folder stands there now");
    },
    close: () => {},
  };
  return folder;
}

function probe(real: string): BigIntStats {
  try {
    if (realpathSync.native(real) !== real) throw changed(real, "it lies elsewhere now");
    const stat = lstatSync(real, { bigint: true });
    if (!stat.isDirectory()) {
      throw new SandboxError("NOT_FOUND", `Cannot open folder ${JSON.stringify(real)}: it is not a folder`);
    }
    return stat;
  } catch (error) {
    throw toSandboxError(error, `Cannot open folder ${JSON.stringify(real)}`);
  }
}

function checked(folder: OpenFolder): OpenFolder {
  try {
    folder.check();
    return folder;
  } catch (error) {
    folder.close();
    throw toSandboxError(error, `Cannot open folder ${JSON.stringify(folder.real)}`);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function changed(real: string, seen: string): SandboxError {
  return new SandboxError("PATH_CHANGED", `Cannot open folder ${JSON.stringify(real)}: ${seen}`, {
    hint: "try again, so that the new place is judged",
  });
}
