import { join } from "node:path";
import { type Digest, digestOf } from "../../core/mod.ts";
import { gitData, gitOrder } from "./git-bundle.ts";
import type { RawChange } from "./raw-change.ts";
import { runsLater } from "./runs-later.ts";
import type { StagedChange } from "./staged-change.ts";

/** A change as it is decided, with the single paths that keeping it touches. */
export interface DecidedChange {
  readonly change: StagedChange;
  readonly parts: readonly RawChange[];
}

/**
 * Turns single changes into those that are decided: all data of one git repository is one change at its `.git`.
 *
 * @param project Real path of the project.
 * @param raw The single changes.
 * @param hasLower Tells whether a relative path exists in the project.
 * @returns The changes, in code-unit order of their paths.
 */
export function bundleChanges(
  project: string,
  raw: readonly RawChange[],
  hasLower: (relative: string) => boolean,
): readonly DecidedChange[] {
  const bundles = new Map<string, RawChange[]>();
  const decided: DecidedChange[] = [];
  for (const part of raw) {
    // A link among the data may lead anywhere: it stands for itself.
    const data = part.entry === "symlink" ? null : gitData(part.relative);
    if (data === null) {
      decided.push({ change: single(project, part), parts: [part] });
      continue;
    }
    const parts = bundles.get(data.gitDir) ?? [];
    parts.push(part);
    bundles.set(data.gitDir, parts);
  }
  for (const [gitDir, parts] of bundles) {
    decided.push({ change: bundle(project, gitDir, { parts, existed: hasLower(gitDir) }), parts: ordered(parts) });
  }
  return decided.toSorted((
    a,
    b,
  ) => (a.change.relative < b.change.relative ? -1 : a.change.relative > b.change.relative ? 1 : 0));
}

function single(project: string, part: RawChange): StagedChange {
  const { relative, kind, entry, bytes, digestBefore, digestAfter, mode } = part;
  return {
    path: join(project, relative),
    relative,
    kind,
    entry,
    bytes,
    digestBefore,
    digestAfter,
    mode,
    runsLater: runsLater(part),
  };
}

function bundle(
  project: string,
  gitDir: string,
  at: { readonly parts: readonly RawChange[]; readonly existed: boolean },
): StagedChange {
  return {
    path: join(project, gitDir),
    relative: gitDir,
    kind: at.existed ? "modify" : "create",
    entry: "bundle",
    bytes: at.parts.reduce((sum, part) => sum + part.bytes, 0),
    digestBefore: at.existed ? listDigest(at.parts, "digestBefore") : null,
    digestAfter: listDigest(at.parts, "digestAfter"),
    mode: null,
    runsLater: false,
  };
}

function listDigest(parts: readonly RawChange[], side: "digestBefore" | "digestAfter"): Digest {
  return digestOf(Object.fromEntries(parts.map((part) => [part.relative, [part.kind, part[side]]])));
}

// What is pointed to reaches the repository before what points to it; what goes away goes last.
function ordered(parts: readonly RawChange[]): readonly RawChange[] {
  return parts.toSorted((a, b) => rank(a) - rank(b));
}

function rank(part: RawChange): number {
  return (part.kind === "delete" ? 100 : 0) + gitOrder(gitData(part.relative)?.rest ?? "");
}
