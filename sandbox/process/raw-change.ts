import type { BigIntStats } from "node:fs";
import { lstatOrNull } from "../files/stamp.ts";
import type { Digest } from "../../core/mod.ts";
import type { StagedChange } from "./staged-change.ts";

/** What stood in the project when the changes were collected. */
export interface LowerState {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly kind: "file" | "directory" | "symlink" | "special";
}

/** One changed path, with what keeping it needs. */
export interface RawChange {
  readonly relative: string;
  readonly kind: StagedChange["kind"];
  readonly entry: "file" | "directory" | "symlink";
  readonly bytes: number;
  readonly digestBefore: Digest | null;
  readonly digestAfter: Digest | null;
  /** Permission bits afterwards, or `null` when deleted. */
  readonly mode: number | null;
  /** `null`: nothing stood there. */
  readonly lower: LowerState | null;
  /** Somebody else changed it since the set-up. */
  readonly stale: boolean;
}

/**
 * Takes from a stat what tells one state of a path from another.
 *
 * @param stat A stat that did not follow links.
 * @returns The state.
 */
export function lowerState(stat: BigIntStats): LowerState {
  const { dev, ino, size, mtimeNs, ctimeNs, uid, gid } = stat;
  const kind = stat.isFile()
    ? "file"
    : stat.isDirectory()
    ? "directory"
    : stat.isSymbolicLink()
    ? "symlink"
    : "special";
  return { dev, ino, size, mtimeNs, ctimeNs, uid, gid, kind };
}

/**
 * Tells whether a path is still as it was.
 *
 * @param now A fresh stat, or `null` when nothing stands there.
 * @param then The remembered state, or `null` for nothing.
 * @returns `true` when identity, size and times agree; of a folder only its identity counts.
 */
export function isUnchanged(now: BigIntStats | null, then: LowerState | null): boolean {
  if (now === null || then === null) return now === null && then === null;
  if (now.dev !== then.dev || now.ino !== then.ino) return false;
  if (then.kind === "directory") return now.isDirectory();
  return now.size === then.size && now.mtimeNs === then.mtimeNs && now.ctimeNs === then.ctimeNs;
}

/**
 * Stats a path of a project, unless it lies behind a link or below a file.
 *
 * @param project Real path of the project.
 * @param relative Path in it, with `/`.
 * @returns The stat, or `null` when nothing of the project stands there.
 */
export function projectStat(project: string, relative: string): BigIntStats | null {
  const parts = relative.split("/");
  let path = project;
  for (const part of parts.slice(0, -1)) {
    path = `${path}/${part}`;
    if (lstatOrNull(path)?.isDirectory() !== true) return null;
  }
  return lstatOrNull(`${project}/${relative}`);
}
