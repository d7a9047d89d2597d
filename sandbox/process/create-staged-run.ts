import { chmodSync, closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestOf, type Outcome, type Permit, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { readBytes } from "../files/read-bytes.ts";
import { lstatOrNull } from "../files/stamp.ts";
import { runFramed } from "../outcome.ts";
import type { DecidedChange } from "./bundle-changes.ts";
import type { Collected } from "./collector.ts";
import { keepChanges } from "./keep.ts";
import { removeTree } from "./remove-tree.ts";
import type { Stage } from "./stage.ts";
import type { KeepReport, StagedChange, StagedContent } from "./staged-change.ts";
import type { StagedRun } from "./staged-run.ts";

/** What a staged run is made of. */
export interface StagedRunInput {
  readonly stage: Stage;
  readonly project: string;
  readonly collected: Collected;
  readonly decided: readonly DecidedChange[];
  readonly profile: Digest;
  /** Resolves when the staged view is no longer mounted. */
  readonly closed: () => Promise<void>;
}

/**
 * Wraps collected changes so that they can be looked at, kept or discarded.
 *
 * @param deps Clock, random names, host facts.
 * @param input The changes and where they are.
 * @returns The run.
 */
export function createStagedRun(deps: SandboxDeps, input: StagedRunInput): StagedRun {
  const byPath = new Map(input.decided.map((decided) => [decided.change.path, decided]));
  let over = false;
  function keepSpec(paths: readonly string[]): object {
    return {
      op: "keep",
      stage: input.stage.dir,
      project: input.project,
      changes: chosen(byPath, paths).map(({ change }) => change),
    };
  }
  async function end(): Promise<void> {
    if (over) return;
    over = true;
    await input.closed();
    removeTree(input.stage.dir);
  }
  return {
    changes: input.decided.map(({ change }) => change),
    readChange(path, maxBytes) {
      const decided = byPath.get(path);
      if (decided === undefined || over) throw unknown(path);
      return contentOf(input, decided.change, maxBytes);
    },
    keepDigest: (paths) => digestOf({ form: "az/spec/1", spec: keepSpec(paths) }),
    async keep(permit: Permit, paths: readonly string[], io: RunIo): Promise<Outcome<KeepReport>> {
      const action = "Cannot keep changes";
      const allowed = chosenOrNone(byPath, paths);
      const spec = allowed === null ? { op: "keep" } : keepSpec(paths);
      const frame = { permit, spec, io, tier: "host-supervised", profile: input.profile, action } as const;
      return await runFramed(deps, frame, async (state) => {
        if (allowed === null || over) throw unknown(paths.find((path) => !byPath.has(path)) ?? input.stage.dir);
        state.started = true;
        try {
          const { platform, uid } = deps.facts;
          const context = {
            project: input.project,
            up: input.stage.up,
            collected: input.collected,
            random: deps.random,
          };
          return await keepChanges({ ...context, allowed, platform, uid, signal: io.signal });
        } finally {
          await end();
        }
      });
    },
    discard: end,
  };
}

function chosen(byPath: ReadonlyMap<string, DecidedChange>, paths: readonly string[]): readonly DecidedChange[] {
  return [...new Set(paths)].toSorted().map((path) => {
    const decided = byPath.get(path);
    if (decided === undefined) throw unknown(path);
    return decided;
  });
}

function chosenOrNone(
  byPath: ReadonlyMap<string, DecidedChange>,
  paths: readonly string[],
): readonly DecidedChange[] | null {
  return paths.every((path) => byPath.has(path)) ? chosen(byPath, paths) : null;
}

function unknown(path: string): SandboxError {
  return new SandboxError(
    "SPEC_INVALID",
    `Cannot use staged change ${JSON.stringify(path)}: the run does not have it, or is over`,
  );
}

function contentOf(input: StagedRunInput, change: StagedChange, maxBytes: number): StagedContent {
  if (change.entry === "bundle" || change.entry === "directory") return { before: null, after: null, truncated: false };
  const before = change.kind === "create" ? NONE : sideOf(change.path, { maxBytes, own: false });
  const after = change.kind === "delete"
    ? NONE
    : sideOf(join(input.stage.up, change.relative), { maxBytes, own: true });
  return { before: before.bytes, after: after.bytes, truncated: before.cut || after.cut };
}

interface Side {
  readonly bytes: Uint8Array | null;
  readonly cut: boolean;
}

const NONE: Side = { bytes: null, cut: false };

function sideOf(path: string, options: { readonly maxBytes: number; readonly own: boolean }): Side {
  const stat = lstatOrNull(path);
  if (stat === null) return NONE;
  if (stat.isSymbolicLink()) return { bytes: new TextEncoder().encode(readlinkSync(path)), cut: false };
  if (!stat.isFile()) return NONE;
  if (stat.size > BigInt(options.maxBytes)) return { bytes: null, cut: true };
  // Our own copy may have a mode that keeps even us out.
  const locked = options.own && (stat.mode & 0o400n) === 0n;
  if (locked) chmodSync(path, 0o600);
  try {
    return { bytes: readWhole(path), cut: false };
  } finally {
    if (locked) chmodSync(path, Number(stat.mode & 0o777n));
  }
}

function readWhole(path: string): Uint8Array | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() ? readBytes(fd, stat.size) : null;
  } finally {
    closeSync(fd);
  }
}
