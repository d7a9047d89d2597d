import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
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
import { RUNTIME } from "../../support/host-facts.ts";
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
  if (value.stage === null) {
    throw new Error(`nothing is staged: ${JSON.stringify(value.ended)} ${new TextDecoder().decode(value.output)}`);
  }
  const chosen = value.changes.filter((change) => only === undefined || only.includes(change.relative));
  const paths = chosen.map((change) => change.path);
  const digest = value.stage.keepDigest(paths);
  const permit = r.permits.mint({ call: r.call(), intent: 2, digest, tier: "host-supervised" });
  return valueOf(await value.stage.keep(permit, paths, r.io()));
}

/** Is this test run by the real root? */
export const IS_ROOT: boolean = process.getuid?.() === 0;

/** Starts a shell text in namespaces where it is root, and can therefore take things away from itself. */
export const IN_OWN_NAMESPACES: string = "exec unshare --user --map-root-user --mount -- /bin/bash -c";

/** What a program of its own saw of a run. */
export interface NestedResult {
  readonly ok: boolean;
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
  readonly text: string;
  readonly notes: readonly string[];
  readonly staged: boolean;
}

/**
 * Runs a spec in a runtime of its own, behind a shell text such as `exec 7<file; exec "$@"`, where it is the only way to
 * change what the process inherits. The text may also wrap it in namespaces.
 */
export async function nestedRun(r: Rig, spec: ProcessSpec, wrap: string): Promise<NestedResult> {
  const program = join(r.root, `nested-${++count}.ts`);
  writeFileSync(program, nestedProgram(r, spec));
  const child = spawn("/bin/bash", ["-c", wrap, "nested", ...runtimeArgv(program)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Uint8Array) => void (text += new TextDecoder().decode(chunk)));
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(text.split("\n").find((line) => line.startsWith("{")) ?? "{}") as NestedResult;
}

/** The words that start this runtime on a program. */
export function runtimeArgv(program: string): readonly string[] {
  if (RUNTIME === "node") return [process.execPath, program];
  return [process.execPath, "run", "-A", "--no-lock", "--config", join(process.cwd(), "deno.json"), program];
}

/** A program that runs one spec and prints what it saw; on `print` it also passes live output on. */
export function nestedProgram(r: Rig, spec: ProcessSpec, print = false): string {
  const root = process.cwd();
  return `
import { loadSodium } from "${root}/core/mod.ts";
import { createBubblewrap } from "${root}/sandbox/mod.ts";
await loadSodium();
const timers = { after(ms, run) { const timer = setTimeout(run, ms); return () => clearTimeout(timer); } };
const deps = {
  clock: { now: () => Date.now(), mono: () => performance.now() },
  timers,
  random: { bytes: (size) => crypto.getRandomValues(new Uint8Array(size)) },
  facts: ${JSON.stringify(r.deps.facts)},
};
const io = {
  signal: new AbortController().signal,
  permits: { spend() {} },
  secrets: {},
  ${print ? "onOutput: (_, chunk) => console.log(new TextDecoder().decode(chunk))," : ""}
};
const outcome = await createBubblewrap(deps).run({}, ${JSON.stringify(spec)}, io);
const { code = "ok", reason = "", hint = "", value } = outcome;
console.log(JSON.stringify({ ok: outcome.ok, code, reason, hint, text: value ? new TextDecoder().decode(value.output) : "", notes: value?.notes ?? [], staged: Boolean(value?.stage) }));
`;
}
