import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { b2, type Backend, digestOf } from "../../../core/mod.ts";
import {
  type ProcessSpec,
  type ProcessValue,
  runsLater,
  type StagedChange,
  type StagedRun,
} from "../../../sandbox/mod.ts";
import { type RunFrame, runFramed } from "../../../sandbox/outcome.ts";
import { systemClock } from "../../../cli/system/clock.ts";
import { playEgress } from "./play-egress.ts";
import { type Node, playShell } from "./mini-shell.ts";

const deps = { clock: systemClock };

/**
 * The process tier without a process: permits are spent, secrets revealed, output streamed and changes staged as by the
 * real one, which takes a hundred times as long. The gate cannot tell them apart.
 */
export function playedProcess(): Backend<ProcessSpec, ProcessValue> {
  const profile = digestOf({ backend: "played", form: 1 });
  const frame: RunFrame = { tier: "host-supervised", profile, action: "Cannot run command" };
  return {
    tier: "host-supervised",
    name: "played",
    probe: () => Promise.resolve({ ok: true, facts: {} }),
    run: (permit, spec, io) =>
      runFramed(deps, { ...frame, permit, spec, io }, async (state) => {
        const env: Record<string, string> = {};
        for (const [name, handle] of Object.entries(spec.secrets)) {
          // oxlint-disable-next-line no-await-in-loop -- one at a time, as the real one
          const value = await io.secrets.reveal(permit, handle);
          env[name] = value.use((bytes) => new TextDecoder().decode(bytes));
          value.dispose();
        }
        state.started = true;
        const run = playShell(spec, env);
        // oxlint-disable-next-line no-await-in-loop
        for (const url of run.wanted) await playEgress(permit, spec, { io, url });
        const output = new TextEncoder().encode(run.output);
        state.outputBytes = output.length;
        // In two pieces, so that a value may be cut in the middle.
        const half = Math.floor(output.length / 2);
        io.onOutput?.("stdout", output.subarray(0, half));
        io.onOutput?.("stdout", output.subarray(half));
        const changes = changesOf(spec.project, run.touched);
        return {
          exit: run.exit,
          ended: null,
          output,
          truncated: false,
          changes,
          dropped: [],
          notes: [],
          stage: changes.length === 0 ? null : stageOf(frame, { project: spec.project, changes, touched: run.touched }),
        };
      }),
  };
}

function changesOf(project: string, touched: ReadonlyMap<string, Node>): readonly StagedChange[] {
  const changes: StagedChange[] = [];
  for (const [relative, node] of touched) {
    const path = join(project, relative);
    const before = bytesAt(path);
    const after = bytesOf(node);
    if (before === null && after === null) continue;
    if (before !== null && after !== null && Buffer.compare(before, after) === 0) continue;
    const isLink = node !== null && "link" in node;
    changes.push({
      path,
      relative,
      kind: after === null ? "delete" : isLink ? "symlink" : before === null ? "create" : "modify",
      entry: isLink ? "symlink" : "file",
      bytes: after?.length ?? 0,
      digestBefore: before === null ? null : b2(before),
      digestAfter: after === null ? null : b2(after),
      mode: after === null ? null : 0o644,
      runsLater: runsLater({ relative, kind: "modify", mode: 0o644, entry: "file" }),
    });
  }
  return changes;
}

function bytesOf(node: Node): Uint8Array | null {
  if (node === null) return null;
  return new TextEncoder().encode("file" in node ? node.file : node.link);
}

function bytesAt(path: string): Uint8Array | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isSymbolicLink()) return new TextEncoder().encode(readlinkSync(path));
  return stat.isFile() ? readFileSync(path) : new Uint8Array();
}

function stageOf(
  frame: RunFrame,
  run: {
    readonly project: string;
    readonly changes: readonly StagedChange[];
    readonly touched: ReadonlyMap<string, Node>;
  },
): StagedRun {
  const { project, changes, touched } = run;
  const byPath = new Map(changes.map((change) => [change.path, change]));
  function keepSpec(paths: readonly string[]): object {
    return { op: "keep", project, changes: [...paths].toSorted().map((path) => byPath.get(path)) };
  }
  return {
    changes,
    readChange(path, maxBytes) {
      const change = byPath.get(path);
      const after = bytesOf(change === undefined ? null : touched.get(change.relative) ?? null);
      return { before: bytesAt(path), after, truncated: (after?.length ?? 0) > maxBytes };
    },
    keepDigest: (paths) => digestOf({ form: "az/spec/1", spec: keepSpec(paths) }),
    keep: (permit, paths, io) =>
      runFramed(deps, { ...frame, permit, spec: keepSpec(paths), io }, (state) => {
        state.started = true;
        for (const path of paths) put(path, touched.get(byPath.get(path)?.relative ?? "") ?? null);
        return {
          kept: paths.map((path) => ({ path, kind: byPath.get(path)?.kind ?? "modify", before: null, after: null })),
          failed: [],
        };
      }),
    discard: () => Promise.resolve(),
  };
}

function put(path: string, node: Node): void {
  rmSync(path, { recursive: true, force: true });
  if (node === null) return;
  mkdirSync(dirname(path), { recursive: true });
  if ("file" in node) writeFileSync(path, node.file);
  else symlinkSync(node.link, path);
}
