import { basename, join } from "node:path";
import { AgentZeroError, digestOf, type Permit, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { lstatOrNull } from "../files/stamp.ts";
import type { RunState } from "../outcome.ts";
import type { ProcessSpec, ProcessValue } from "../spec.ts";
import { buildArgs, FD, profileOf } from "./args.ts";
import type { Background } from "./background.ts";
import { bundleChanges } from "./bundle-changes.ts";
import { type CgroupLeaf, makeCgroup } from "./cgroup.ts";
import { collectChanges } from "./collect.ts";
import { commandEnvironment } from "./command-environment.ts";
import { createStagedRun } from "./create-staged-run.ts";
import { markMasked, type MaskedIndex, unmarkMasked } from "./mask-index.ts";
import { removeTree } from "./remove-tree.ts";
import { failureText, type OnceResult, runOnce } from "./run-once.ts";
import { makeStage, type Stage } from "./stage.ts";
import type { Programs } from "./supervisor.ts";

/** What the canary found out about one project. */
export interface Ground {
  readonly programs: Programs;
  /** Compiled filter, or `null`. */
  readonly seccomp: Uint8Array | null;
  /** Folder of cgroup v2 that was delegated to us, or `null`. */
  readonly cgroup: string | null;
  readonly staging: { readonly ok: true } | { readonly ok: false; readonly reason: string };
}

/** One command to run. */
export interface CommandInput {
  readonly ground: Ground;
  readonly permit: Permit;
  readonly spec: ProcessSpec;
  readonly io: RunIo;
  readonly state: RunState;
  readonly background: Background;
}

/**
 * Runs one command and collects what it changed.
 *
 * @param deps Clock, timers, host facts.
 * @param input The command; its permit is spent already.
 * @returns Output, status and changes; the stage stays until they are kept or discarded.
 * @throws {SandboxError} `SANDBOX_FAILED`, `LIMIT_DISK`; errors of the vault as they come.
 */
export async function runCommand(deps: SandboxDeps, input: CommandInput): Promise<ProcessValue> {
  const { spec, ground } = input;
  const staged = spec.stage && ground.staging.ok;
  const environment = { ...commandEnvironment(spec), ...await revealSecrets(input) };
  const stage = makeStage(spec.stageDir, spec.project, deps.facts.platform);
  let cgroup: CgroupLeaf | null = null;
  try {
    const marked = staged ? markMasked(stage, spec.project, [...spec.hidden.files, ...spec.hidden.dirs]) : [];
    const blockFd = ground.cgroup === null ? null : FD.block;
    const args = { spec, facts: deps.facts, staged, seccomp: ground.seccomp !== null, environment, blockFd };
    const options = buildArgs(args);
    input.state.profile = digestOf(profileOf(args, options));
    input.state.started = true;
    const { programs, seccomp } = ground;
    cgroup = ground.cgroup === null ? null : makeCgroup(ground.cgroup, `agentzero-${basename(stage.dir)}`, spec.limits);
    const result = await runOnce(deps, { spec, programs, staged, seccomp, cgroup, options, io: input.io });
    input.state.outputBytes = result.outputBytes;
    input.state.memoryBytes = result.peakBytes;
    return await finish(deps, { ...input, staged, stage, marked }, result);
  } catch (error) {
    removeTree(stage.dir);
    throw error;
  } finally {
    cgroup?.remove();
  }
}

interface Finished extends CommandInput {
  readonly staged: boolean;
  readonly stage: Stage;
  readonly marked: readonly MaskedIndex[];
}

// The supervisor is needed until the changes were collected; its end, and removing the stage, make no answer wait.
async function finish(deps: SandboxDeps, input: Finished, result: OnceResult): Promise<ProcessValue> {
  let value: ProcessValue;
  try {
    value = await valueOf(deps, input, result);
  } catch (error) {
    await result.launched.close();
    throw error;
  }
  const closed = result.launched.close();
  if (value.stage === null) {
    input.background.start(async () => {
      await closed;
      removeTree(input.stage.dir);
    });
  }
  return value;
}

async function valueOf(deps: SandboxDeps, input: Finished, result: OnceResult): Promise<ProcessValue> {
  const { exitCode } = result.status;
  const base = {
    exit: exitCode,
    ended: result.ended,
    output: result.output,
    truncated: result.truncated,
    changes: [],
    dropped: [],
    notes: [],
    stage: null,
  };
  if (result.ended !== null) return { ...base, exit: null };
  if (exitCode === null) throw brokenRun(input.spec, result);
  const notes = notesOn(deps, input, result);
  return input.staged ? { ...base, notes, ...await changesOf(deps, input, result) } : { ...base, notes };
}

// Only an exit status means that the command ran to its end.
function brokenRun(spec: ProcessSpec, result: OnceResult): SandboxError {
  const said = failureText(result);
  if (/^bwrap: execvp .*: No such file or directory$/.test(said)) {
    const program = spec.form.kind === "argv" ? spec.form.program : "the shell";
    return new SandboxError("NOT_FOUND", `Cannot run command: ${program} does not exist inside the sandbox`, {
      hint: "add its tool chain to sandbox.paths in your config.yml",
    });
  }
  return new SandboxError("SANDBOX_FAILED", `Cannot run command: ${said}`, { hint: "see agentzero doctor" });
}

async function changesOf(
  deps: SandboxDeps,
  input: Finished,
  result: OnceResult,
): Promise<Pick<ProcessValue, "changes" | "dropped" | "stage">> {
  const { spec, stage } = input;
  const unreadable = unmarkMasked(stage, input.marked);
  const collected = await collectChanges({
    stage,
    project: spec.project,
    // The supervisor is alive, and with it the namespace that has the merged view.
    merged: `/proc/${result.launched.pid}/root${join(stage.dir, "m")}`,
    covered: [...spec.hidden.files, ...spec.hidden.dirs],
    limits: spec.limits,
    signal: input.io.signal,
  });
  const decided = bundleChanges(
    spec.project,
    collected.changes,
    (relative) => lstatOrNull(join(spec.project, relative)) !== null,
  );
  const dropped = [...unreadable, ...collected.dropped];
  if (decided.length === 0) return { changes: [], dropped, stage: null };
  const run = createStagedRun(deps, {
    closed: () => result.launched.close(),
    stage,
    project: spec.project,
    collected,
    decided,
    profile: input.state.profile,
  });
  return { changes: run.changes, dropped, stage: run };
}

function notesOn(deps: SandboxDeps, input: Finished, result: OnceResult): readonly string[] {
  const text = new TextDecoder().decode(result.output);
  const { staging } = input.ground;
  if (!input.staged && /Read-only file system|EROFS/.test(text)) {
    const why = staging.ok ? "this call asked for it" : `staging is not available here: ${staging.reason}`;
    return [`The project is read-only for commands (${why}); use write and edit instead.`];
  }
  if (input.staged && /Value too large for defined data type|EOVERFLOW/.test(text)) {
    return ["Files whose owner or group is not your own are read-only for commands."];
  }
  if (/Permission denied|EACCES/.test(text) && deps.facts.uid === 0 && lstatOrNull(input.spec.project)?.uid !== 0n) {
    return [
      "Commands have no power over files of other users, also when the agent is root: run it as the owner of the project.",
    ];
  }
  // SIGSYS: only the filter sends it, to programs of another architecture.
  if (result.status.exitCode === 159) {
    return ["The system call filter ended it: programs of another architecture do not run here."];
  }
  return [];
}

async function revealSecrets(input: CommandInput): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const [name, handle] of Object.entries(input.spec.secrets)) {
    const secret = await reveal(input, handle);
    try {
      values[name] = secret.use((bytes) => variableText(bytes, name));
    } finally {
      secret.dispose();
    }
  }
  return values;
}

async function reveal(input: CommandInput, handle: string): ReturnType<RunIo["secrets"]["reveal"]> {
  try {
    return await input.io.secrets.reveal(input.permit, handle);
  } catch (cause) {
    if (cause instanceof AgentZeroError) throw cause;
    // Threat: a message of unknown origin that quotes the value.
    throw new SandboxError("SANDBOX_FAILED", "Cannot run command: a secret could not be had", { cause });
  }
}

function variableText(bytes: Uint8Array, name: string): string {
  if (bytes.includes(0)) {
    throw new SandboxError("SECRET_PLACE", `Cannot put a secret into ${name}: its value contains NUL`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SandboxError("SECRET_PLACE", `Cannot put a secret into ${name}: its value is not text`);
  }
}
