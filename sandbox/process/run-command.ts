import { digestOf } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import type { EgressLease } from "../egress/egress.ts";
import { leaseEgress } from "../egress/lease-egress.ts";
import { buildArgs, FD, profileOf } from "./args.ts";
import { type CgroupLeaf, makeCgroup } from "./cgroup.ts";
import { commandEnvironment } from "./command-environment.ts";
import type { CommandInput, StagedInput } from "./command-input.ts";
import { markMasked } from "./mask-index.ts";
import type { ProcessValue } from "./process-spec.ts";
import { planProgramWalls, type ProgramWalls } from "./program-walls.ts";
import { removeTree } from "./remove-tree.ts";
import { revealSecrets } from "./reveal-secrets.ts";
import { type OnceResult, runOnce } from "./run-once.ts";
import { type Finished, valueOf } from "./run-value.ts";
import { SCRIPT_CALLS } from "./seccomp-table.ts";
import { compileFilter } from "./seccomp.ts";
import { writeSkillFiles } from "./skill-mount.ts";
import { makeStage } from "./stage.ts";

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
