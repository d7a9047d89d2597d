import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from "node:fs";
import { SandboxError } from "../errors.ts";
import { toSandboxError } from "./file-error.ts";
import type { OpenFolder } from "./folder.ts";

/** A regular file held open. */
export interface OpenFile {
  readonly real: string;
  readonly fd: number;
  readonly stat: BigIntStats;
  close(): void;
}

/**
 * Opens one entry of an open folder for reading and proves that it is the regular file at its real path.
 *
 * @param folder The open parent.
 * @param base Name of the entry.
 * @returns The open file; the caller closes it.
 * @throws {SandboxError} `NOT_FOUND`, `NOT_REGULAR`, `PATH_CHANGED`, `FILE_REFUSED`.
 */
export function openFile(folder: OpenFolder, base: string): OpenFile {
  const real = folder.real.endsWith("/") ? `${folder.real}${base}` : `${folder.real}/${base}`;
  const action = `Cannot open ${JSON.stringify(real)}`;
  let fd = -1;
  try {
    const before = folder.fd === null ? lstatSync(folder.at(base), { bigint: true }) : null;
    if (before !== null && !before.isFile()) throw notRegular(action, before);
    // Threat: a FIFO that nobody writes to, or a terminal. NONBLOCK and NOCTTY make opening them harmless.
    fd = openSync(folder.at(base), constants.O_RDONLY | noFollow());
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) throw notRegular(action, stat);
    if (before !== null) {
      if (before.dev !== stat.dev || before.ino !== stat.ino) throw moved(action);
      folder.check();
    } else if (readlinkSync(`/proc/self/fd/${fd}`) !== real) {
      throw moved(action);
    }
    const opened = fd;
    return { real, fd: opened, stat, close: () => closeSync(opened) };
  } catch (error) {
    if (fd >= 0) closeSync(fd);
    throw toSandboxError(error, action);
  }
}

// Windows has none of these.
function noFollow(): number {
  const known: Partial<typeof constants> = constants;
  return (known.O_NOFOLLOW ?? 0) | (known.O_NONBLOCK ?? 0) | (known.O_NOCTTY ?? 0);
}

function moved(action: string): SandboxError {
  return new SandboxError("PATH_CHANGED", `${action}: it was replaced meanwhile`, {
    hint: "try again, so that what stands there now is judged",
  });
}

function notRegular(action: string, stat: BigIntStats): SandboxError {
  if (stat.isDirectory()) {
    return new SandboxError("NOT_REGULAR", `${action}: it is a folder`, { hint: "use list to see what is in it" });
  }
  if (stat.isSymbolicLink()) {
    return new SandboxError("NOT_REGULAR", `${action}: it is a symbolic link`, { hint: "name the file it points to" });
  }
  return new SandboxError("NOT_REGULAR", `${action}: it is a socket, a FIFO or a device`);
}
