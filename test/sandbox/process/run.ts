import { join } from "node:path";
import process from "node:process";
import type { Outcome, RunIo } from "../../../core/mod.ts";
import {
  type BubblewrapBackend,
  createBubblewrap,
  type KeepReport,
  processLimits,
  type ProcessSpec,
  type ProcessValue,
} from "../../../sandbox/mod.ts";
import { type Rig, valueOf } from "../rig.ts";

let count = 0;

/** A spec that runs a script in the rig's project. */
export function scriptSpec(r: Rig, text: string, more: Partial<ProcessSpec> = {}): ProcessSpec {
  return { ...argvSpec(r, ["true"], more), form: { kind: "script", script: text }, ...more };
}

/** A spec that runs plain words in the rig's project. */
export function argvSpec(r: Rig, argv: readonly string[], more: Partial<ProcessSpec> = {}): ProcessSpec {
  const [program = ""] = argv;
  return {
    op: "process",
    form: { kind: "argv", argv, program: program.startsWith("/") ? program : `/usr/bin/${program}` },
    cwd: r.project,
    project: r.project,
    stageDir: join(r.project, `.agentzero/state/stage/exe_${++count}`),
    stage: true,
    hidden: { files: [], dirs: [] },
    readOnlyPaths: [],
    env: {},
    secrets: {},
    gitIdentity: null,
    timeoutMs: 20_000,
    limits: processLimits(),
    ...more,
  };
}

/** Runs a spec on a fresh backend. */
export async function runSpec(r: Rig, spec: ProcessSpec, io: Partial<RunIo> = {}): Promise<Outcome<ProcessValue>> {
  const backend = createBubblewrap(r.deps);
  const outcome = await r.run(backend, spec, io);
  await backend.idle();
  return outcome;
}

/** Runs a script; gives its text and value. */
export async function script(
  r: Rig,
  text: string,
  more: Partial<ProcessSpec> & { readonly backend?: BubblewrapBackend } = {},
): Promise<{ readonly text: string; readonly value: ProcessValue }> {
  const { backend = createBubblewrap(r.deps), ...rest } = more;
  const value = valueOf(await r.run(backend, scriptSpec(r, text, rest)));
  await backend.idle();
  return { text: new TextDecoder().decode(value.output), value };
}

/** Keeps all changes, or those named relative to the project. */
export async function keepAll(r: Rig, value: ProcessValue, only?: readonly string[]): Promise<KeepReport> {
  if (value.stage === null) throw new Error("nothing is staged");
  const chosen = value.changes.filter((change) => only === undefined || only.includes(change.relative));
  const paths = chosen.map((change) => change.path);
  const digest = value.stage.keepDigest(paths);
  const permit = r.permits.mint({ call: r.call(), intent: 2, digest, tier: "host-supervised" });
  return valueOf(await value.stage.keep(permit, paths, r.io()));
}

/** Is this test run by the real root? */
export const IS_ROOT: boolean = process.getuid?.() === 0;
