import { type BigIntStats, lstatSync, readlinkSync } from "node:fs";
import { b2, type Digest, type FileKind } from "../../core/mod.ts";
import { errnoOf } from "./file-error.ts";

/** What identifies a file at one moment. Numbers that may pass 2^53 are decimal text. */
export interface FileStamp {
  /** What it is. */
  readonly kind: FileKind;
  /** Size in bytes. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Device number, decimal. */
  readonly dev: string;
  /** Inode number, decimal. */
  readonly ino: string;
  /** How many names it has. */
  readonly nlink: number;
  /** Digest of the content of a regular file or of a link's target text; `null` for everything else. */
  readonly digest: Digest | null;
}

/** The stamp of a path at which nothing stands. */
export const MISSING: FileStamp = { kind: "missing", size: 0, mode: 0, dev: "0", ino: "0", nlink: 0, digest: null };

/**
 * Names what a stat shows.
 *
 * @param stat A stat that did not follow links.
 * @returns The kind in the words of policy.
 */
export function kindOf(stat: Pick<BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">): FileKind {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  return stat.isSymbolicLink() ? "symlink" : "special";
}

/**
 * Makes a stamp from a stat.
 *
 * @param stat A stat that did not follow links.
 * @param digest Digest of the content, where it was read.
 * @returns The stamp.
 */
export function stampOf(stat: BigIntStats, digest: Digest | null): FileStamp {
  return {
    kind: kindOf(stat),
    size: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    dev: String(stat.dev),
    ino: String(stat.ino),
    nlink: Number(stat.nlink),
    digest,
  };
}

/**
 * Tells whether two stamps mean the same content at the same file.
 *
 * @param a A stamp.
 * @param b Another.
 * @returns `true` when kind, device, inode, size and digest agree.
 */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return a.kind === b.kind && a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.digest === b.digest;
}

/**
 * Stats a path without following links.
 *
 * @param path Any path.
 * @returns The stat, or `null` when nothing stands there.
 */
export function lstatOrNull(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
}

/**
 * Stamps a link by its target text.
 *
 * @param path Path of the link.
 * @param stat Its stat.
 * @returns The stamp.
 */
export function linkStamp(path: string, stat: BigIntStats): FileStamp {
  return stampOf(stat, b2(readlinkSync(path)));
}
