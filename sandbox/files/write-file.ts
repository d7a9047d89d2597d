import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { b2 } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { type FileStamp, lstatOrNull, MISSING, sameStamp, stampOf } from "./stamp.ts";
import { errnoOf, toSandboxError } from "./file-error.ts";
import type { OpenFolder } from "./folder.ts";
import { readState } from "./read-state.ts";
import { tempName } from "./temp-name.ts";
import type { WriteSpec, WriteValue } from "./write-spec.ts";

/**
 * Replaces or creates one file in an open folder, atomically: a temporary file made through the folder's descriptor,
 * fsync, the old mode, a last look at what stands there, rename, fsync of the folder.
 *
 * Threat: a folder or file swapped between approval and write. Everything goes through the descriptor of the approved
 * folder, and a target that is not the one the approval saw is left alone. A hard link is never written through.
 *
 * @param deps Random names.
 * @param folder The open, verified parent.
 * @param write Name of the entry, content, and the state that the approval saw.
 * @returns Digests before and after, and the new state.
 * @throws {SandboxError} `PATH_CHANGED`, `NOT_REGULAR`, `LIMIT_DISK`, `FILE_REFUSED`.
 */
export function writeFileIn(
  deps: Pick<SandboxDeps, "random" | "facts">,
  folder: OpenFolder,
  write: Pick<WriteSpec, "content" | "expect"> & { readonly base: string },
): WriteValue {
  const action = `Cannot write ${JSON.stringify(`${folder.real}/${write.base}`)}`;
  const before = currentState(folder, write.base, write.expect);
  requireExpected(action, before, write.expect);
  const temp = folder.at(tempName(deps.random));
  let fd = -1;
  try {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | noFollow();
    // 0o666 lets the umask decide for new files; an existing one gets its own mode back below.
    fd = openSync(temp, flags, write.expect === null ? 0o666 : 0o600);
    writeAll(fd, write.content);
    if (before.stat !== null) copyIdentity(fd, before.stat, deps.facts.uid);
    fsyncSync(fd);
    const made = fstatSync(fd, { bigint: true });
    closeSync(fd);
    fd = -1;
    place({ temp, target: folder.at(write.base), before, action });
    syncFolder(folder);
    folder.check();
    const after = b2(write.content);
    return {
      op: "write",
      created: write.expect === null,
      before: before.stamp.digest,
      after,
      state: { ...stampOf(made, after), nlink: 1 },
    };
  } catch (error) {
    if (fd >= 0) closeSync(fd);
    discardTemp(temp);
    throw toSandboxError(error, action);
  }
}

interface Current {
  readonly stamp: FileStamp;
  readonly stat: BigIntStats | null;
}

// Reads one byte more than was approved: a file that grew is a changed file, however large it is now.
function currentState(folder: OpenFolder, base: string, expect: FileStamp | null): Current {
  const stat = lstatOrNull(folder.at(base));
  if (stat === null) return { stamp: MISSING, stat };
  return { stamp: readState(folder, base, { maxBytes: expect === null ? 0 : expect.size, masked: undefined }), stat };
}

function requireExpected(action: string, current: Current, expect: FileStamp | null): void {
  const { stamp } = current;
  if (stamp.kind !== "missing" && stamp.kind !== "file") {
    throw new SandboxError("NOT_REGULAR", `${action}: a ${stamp.kind} stands there`, {
      hint: stamp.kind === "symlink" ? "name the file it points to" : "choose another name",
    });
  }
  if (expect !== null && expect.kind === "file" && expect.digest === null) {
    throw new SandboxError("LIMIT_SIZE", `${action}: the file there is too large to be replaced safely`);
  }
  if (expect === null ? stamp.kind === "missing" : sameStamp(stamp, expect)) return;
  const seen = expect === null ? "a file stands there now" : stamp.kind === "missing" ? "it is gone" : "it has changed";
  throw new SandboxError("PATH_CHANGED", `${action}: ${seen}`, { hint: "read it again, then repeat the change" });
}

function writeAll(fd: number, content: Uint8Array): void {
  for (let offset = 0; offset < content.length;) {
    offset += writeSync(fd, content, offset, content.length - offset, offset);
  }
}

// Set-id bits are not carried over to new content.
function copyIdentity(fd: number, stat: BigIntStats, uid: number): void {
  const made = fstatSync(fd, { bigint: true });
  let mode = Number(stat.mode & 0o777n);
  if (made.uid !== stat.uid || made.gid !== stat.gid) {
    try {
      fchownSync(fd, uid === 0 ? Number(stat.uid) : Number(made.uid), Number(stat.gid));
    } catch {
      // Threat: what the old group could read, the new group must not: it gets what everybody has.
      mode = (mode & 0o707) | ((mode & 0o007) << 3);
    }
  }
  fchmodSync(fd, mode);
}

function place(
  at: { readonly temp: string; readonly target: string; readonly before: Current; readonly action: string },
): void {
  const now = lstatOrNull(at.target);
  const { stat } = at.before;
  if (stat === null) {
    if (now !== null) {
      throw new SandboxError("PATH_CHANGED", `${at.action}: a file stands there now`, {
        hint: "read it, then try again",
      });
    }
    // `link` fails if the name is taken, `rename` would not: nothing that appeared this instant is lost.
    if (linkOnce(at)) return;
  } else if (now === null || !sameInstant(now, stat)) {
    throw new SandboxError("PATH_CHANGED", `${at.action}: it has changed`, {
      hint: "read it again, then repeat the change",
    });
  }
  renameSync(at.temp, at.target);
}

function linkOnce(at: { readonly temp: string; readonly target: string }): boolean {
  try {
    linkSync(at.temp, at.target);
  } catch (error) {
    // File systems without hard links.
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"].includes(errnoOf(error))) return false;
    throw error;
  }
  unlinkSync(at.temp);
  return true;
}

function sameInstant(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function syncFolder(folder: OpenFolder): void {
  if (folder.fd === null) return;
  try {
    fsyncSync(folder.fd);
  } catch (error) {
    // Some network and FUSE file systems cannot; the content itself was synced.
    if (!["EINVAL", "ENOTSUP", "EROFS"].includes(errnoOf(error))) throw error;
  }
}

function discardTemp(temp: string): void {
  try {
    unlinkSync(temp);
  } catch {
    // It was never made, or was renamed already.
  }
}

function noFollow(): number {
  const known: Partial<typeof constants> = constants;
  return known.O_NOFOLLOW ?? 0;
}
