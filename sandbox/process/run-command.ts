import { join } from "node:path";
import { digestOf, type Permit, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import type { Egress, EgressLease } from "../egress/egress.ts";
import { leaseEgress } from "../egress/lease-egress.ts";
import { SandboxError } from "../errors.ts";
import { lstatOrNull } from "../files/stamp.ts";
import type { RunState } from "../outcome.ts";
import { buildArgs, FD, profileOf } from "./args.ts";
import type { Background } from "./background.ts";
import { bundleChanges } from "./bundle-changes.ts";
import { type CgroupLeaf, makeCgroup } from "./cgroup.ts";
import { collectChanges } from "./collect.ts";
import { commandEnvironment } from "./command-environment.ts";
import { createStagedRun } from "./create-staged-run.ts";
import { markMasked, type MaskedIndex, unmarkMasked } from "./mask-index.ts";
import type { ProcessSpec, ProcessValue } from "./process-spec.ts";
import { removeTree } from "./remove-tree.ts";
import { revealSecrets } from "./reveal-secrets.ts";
import { planProgramWalls, type ProgramWalls } from "./program-walls.ts";
import { failureText, type OnceResult, runOnce } from "./run-once.ts";
import { notesOn } from "./run-notes.ts";
import { compileFilter } from "./seccomp.ts";
import { SCRIPT_CALLS } from "./seccomp-table.ts";
import { writeSkillFiles } from "./skill-mount.ts";
import { makeStage, type Stage } from "./stage.ts";
import type { Programs } from "./supervisor.ts";
import type { Supervisors } from "./supervisors.ts";

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
  readonly supervisors: Supervisors;
  /** `null` where no command may have a network. */
  readonly egress: Egress | null;
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
  const stage = makeStage(spec.stageDir, spec.project, deps.facts.platform);
  const held: Held = { lease: null, cgroup: null };
  try {
    return await runOnStage(deps, { ...input, stage, staged: spec.stage && ground.staging.ok }, held);
  } catch (error) {
    removeTree(stage.dir);
    throw error;
  } finally {
    const { cgroup, lease } = held;
    if (cgroup !== null) input.background.start(() => removeLater(deps, cgroup));
    await lease?.close();
  }
}

// A group cannot be removed before the last of its processes has been reaped.
async function removeLater(deps: SandboxDeps, cgroup: CgroupLeaf): Promise<void> {
  for (let tries = 0; tries < 40 && !cgroup.remove(); tries++) {
    await new Promise<void>((resolve) => void deps.timers.after(25, resolve));
  }
}

/** What must be given back however a run ends. */
interface Held {
  lease: EgressLease | null;
  cgroup: CgroupLeaf | null;
}

interface StagedInput extends CommandInput {
  readonly stage: Stage;
  readonly staged: boolean;
}

async function runOnStage(deps: SandboxDeps, input: StagedInput, held: Held): Promise<ProcessValue> {
  const { spec, stage, staged, io, permit } = input;
  const { programs, cgroup } = input.ground;
  const seccomp = filterOf(deps, input);
  const secrets = await revealSecrets({ permit, secrets: spec.secrets, io });
  const lease = held.lease = input.egress === null ? null : await leaseEgress(deps, { ...input, egress: input.egress });
  const walls = wallsOf(input);
  const marked = staged ? markMasked(stage, spec.project, [...spec.hidden.files, ...spec.hidden.dirs]) : [];
  const args = {
    spec,
    facts: deps.facts,
    staged,
    walls,
    seccomp: seccomp !== null,
    environment: { ...commandEnvironment(spec), ...lease?.env, ...secrets },
    blockFd: cgroup === null ? null : FD.block,
    egressSocket: lease?.socket ?? null,
  };
  const options = buildArgs(args);
  input.state.profile = digestOf(profileOf(args, options));
  input.state.started = true;
  held.cgroup = cgroup === null
    ? null
    : makeCgroup(cgroup, Buffer.from(deps.random.bytes(12)).toString("hex"), spec.limits);
  const { supervisors } = input;
  const once = {
    spec,
    programs,
    supervisors,
    staged,
    walls,
    seccomp,
    cgroup: held.cgroup,
    egress: lease !== null,
    options,
    io,
  };
  const result = await runOnce(deps, once);
  await noteEgress(input, lease);
  input.state.outputBytes = result.outputBytes;
  input.state.memoryBytes = result.peakBytes;
  return await finish(deps, { ...input, marked }, result);
}

// A script of a skill has its own files, and starts what was approved.
function wallsOf({ spec, stage, staged, ground }: StagedInput): ProgramWalls | null {
  const { skill } = spec;
  if (skill === undefined) return null;
  writeSkillFiles(stage, spec.project, skill);
  return planProgramWalls({ ...spec, skill, stage: staged }, stage, ground.programs);
}

// Threat: bytes that a script brings along, started from memory.
function filterOf(deps: SandboxDeps, { spec, ground }: StagedInput): Uint8Array | null {
  const { arch } = deps.facts;
  if (ground.seccomp === null || spec.skill === undefined || (arch !== "x64" && arch !== "arm64")) {
    return ground.seccomp;
  }
  return compileFilter(arch, SCRIPT_CALLS);
}

async function noteEgress(input: CommandInput, lease: EgressLease | null): Promise<void> {
  if (lease === null) return;
  const { requests, denied, bytes } = await lease.close();
  input.state.notices.push({ code: "EGRESS", text: `${requests} requests, ${denied} refused, ${bytes} bytes` });
}

interface Finished extends StagedInput {
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
  const { staging } = input.ground;
  const unstaged = staging.ok ? null : staging.reason;
  const { spec, staged } = input;
  const notes = notesOn({ spec, staged, unstaged, output: result.output, exitCode, uid: deps.facts.uid });
  return input.staged ? { ...base, notes, ...await changesOf(deps, input, result) } : { ...base, notes };
}

// Only an exit status means that the command ran to its end.
function brokenRun(spec: ProcessSpec, result: OnceResult): SandboxError {
  const said = failureText(result);
  if (spec.skill !== undefined && /^(?:unshare|mount|setup): /.test(said)) {
    return new SandboxError(
      "TIER_UNAVAILABLE",
      `Cannot run script: it cannot be kept from starting other programs here: ${said}`,
      {
        hint: "see agentzero doctor",
      },
    );
  }
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
