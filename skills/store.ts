import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { b2, type Digest, errorCode, syncFolder, writeNewFile } from "../core/mod.ts";
import { SkillsError } from "./errors.ts";

/** The content-addressed store of packages, `$AGENTZERO_HOME/store`. */
export interface SkillStore {
  /**
   * Gives the bytes of a digest: what was read is hashed, and what was hashed is returned.
   *
   * @throws {SkillsError} `CAS_TYPE` for what is no regular file of one name and this size, `CAS_DIGEST` for other bytes.
   */
  get(digest: Digest, size: BlobSize): Uint8Array;
  /** Tells what is wrong with an object at a glance, without reading it; `null` when nothing is. */
  glance(digest: Digest, size: BlobSize): "CAS_TYPE" | null;
  /** Puts bytes in: staged, synced, then renamed. What is there already is replaced by the same bytes. */
  put(blobs: readonly Uint8Array[]): void;
  /** Removes what killed installs left. Only under the install lock. */
  sweep(): void;
}

/** The exact size in bytes, or the most it may have. */
export type BlobSize = { readonly exactly: number } | { readonly atMost: number };

/**
 * Opens the store; nothing is made before the first `put`.
 *
 * @param home `$AGENTZERO_HOME`.
 * @returns The store.
 */
export function openStore(home: string): SkillStore {
  const root = join(home, "store");
  const staging = join(root, "staging");
  return {
    get: (digest, size) => readBlob(blobPath(root, digest), digest, size),
    glance: (digest, size) => glance(blobPath(root, digest), size),
    put: (blobs) => putAll(root, staging, blobs),
    sweep: () => rmSync(staging, { recursive: true, force: true }),
  };
}

function blobPath(root: string, digest: Digest): string {
  const hex = digest.slice(3);
  return join(root, "b2", hex.slice(0, 2), hex);
}

function readBlob(path: string, digest: Digest, size: BlobSize): Uint8Array {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw badType(
      digest,
      errorCode(cause) === "ENOENT" ? "it is not there" : `it cannot be opened (${errorCode(cause)})`,
    );
  }
  try {
    const stat = fstatSync(fd);
    const why = typeFault(stat, size);
    if (why !== null) throw badType(digest, why);
    const bytes = new Uint8Array(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(fd, bytes, filled, bytes.length - filled, null);
      if (count === 0) throw badType(digest, "it got shorter while it was read");
      filled += count;
    }
    // Threat: a blob edited in place, its time put back. No time, sidecar or flag is believed: this buffer is hashed,
    // and this buffer is what runs.
    if (b2(bytes) !== digest) {
      throw new SkillsError("CAS_DIGEST", `Cannot use object ${digest} of the store: it holds other bytes`, {
        hint: AGAIN,
      });
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
}

const AGAIN = "something changed your store: install the skill again with agentzero skill install SOURCE";

function badType(digest: Digest, why: string): SkillsError {
  return new SkillsError("CAS_TYPE", `Cannot use object ${digest} of the store: ${why}`, { hint: AGAIN });
}

interface Seen {
  isFile(): boolean;
  readonly nlink: number;
  readonly size: number;
}

function typeFault(stat: Seen, size: BlobSize): string | null {
  if (!stat.isFile()) return "it is not a regular file";
  // Threat: a second name through which the bytes change between the hash and their use elsewhere.
  if (stat.nlink !== 1) return `it has ${stat.nlink} names`;
  if ("exactly" in size && stat.size !== size.exactly) return `it has ${stat.size} bytes instead of ${size.exactly}`;
  if ("atMost" in size && stat.size > size.atMost) return `it has ${stat.size} bytes, more than ${size.atMost}`;
  return null;
}

function glance(path: string, size: BlobSize): "CAS_TYPE" | null {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined || typeFault(stat, size) !== null ? "CAS_TYPE" : null;
  } catch {
    return "CAS_TYPE";
  }
}

function putAll(root: string, staging: string, blobs: readonly Uint8Array[]): void {
  const folder = join(staging, randomBytes(12).toString("hex"));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const staged = blobs.map((bytes) => {
      const digest = b2(bytes);
      const path = join(folder, digest.slice(3));
      writeNewFile(path, bytes, 0o400);
      return { path, target: blobPath(root, digest) };
    });
    const folders = new Set(staged.map(({ target }) => dirname(target)));
    for (const target of folders) mkdirSync(target, { recursive: true, mode: 0o700 });
    for (const { path, target } of staged) renameSync(path, target);
    for (const target of [...folders, join(root, "b2")]) syncFolder(target);
  } catch (cause) {
    if (cause instanceof SkillsError) throw cause;
    throw new SkillsError("WRITE_FAILED", `Cannot put the package into the store: ${errorCode(cause)}`, {
      hint: `make room on the disk, or mend the rights of "${root}"`,
      cause,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
