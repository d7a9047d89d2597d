import { join } from "node:path";
import type { Probe } from "../../core/mod.ts";
import type { ProcessSettings, SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { makeTempFolder } from "../temp-folder.ts";
import { type CanaryResult, runCanary } from "./canary.ts";
import { findCgroup, removeStaleCgroups } from "./cgroup.ts";
import { findPrograms } from "./find-programs.ts";
import { namespaceFix } from "./namespace-fix.ts";
import { removeTree } from "./remove-tree.ts";
import { compileFilter } from "./seccomp.ts";
import { removeStaleStages } from "./stage.ts";
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

/** What a canary is run on. */
export interface GroundInput extends GroundSettings {
  readonly project: string;
  readonly stageRoot: string;
}

/** What the user's own configuration says about the ground. */
export type GroundSettings = Pick<Partial<ProcessSettings>, "seccomp" | "cgroup">;

/**
 * Looks once what runs of a project stand on: programs, system call filter, control group, staging.
 *
 * @param deps Random names, clock, host facts.
 * @param at Project, folder of its stages, settings.
 * @returns The ground.
 * @throws {SandboxError} `TIER_UNAVAILABLE` with the fix.
 */
export async function prepareGround(deps: SandboxDeps, at: GroundInput): Promise<Ground> {
  removeStaleStages(at.stageRoot, deps.clock.now());
  return await testGround(deps, at);
}

async function testGround(deps: SandboxDeps, at: GroundInput): Promise<Ground> {
  if (deps.facts.platform !== "linux") {
    throw unavailable(`no sandbox for ${deps.facts.platform} in this version`, "run commands yourself, or use Linux");
  }
  const found = findPrograms();
  if (!found.ok) throw unavailable(`${found.missing} is not installed`, found.fix);
  const { programs } = found;
  const seccomp = filterFor(deps.facts.arch, at.seccomp ?? "auto");
  const cgroup = at.cgroup === undefined ? findCgroup() : at.cgroup;
  if (cgroup !== null) removeStaleCgroups(cgroup, deps.clock.now());
  const stageDir = join(at.stageRoot, `probe_${Buffer.from(deps.random.bytes(8)).toString("hex")}`);
  const input = { programs, project: at.project, stageDir, seccomp };
  const staged = orThrow(await runCanary(deps, { ...input, staged: true }));
  if (staged === null) return { programs, seccomp, cgroup, staging: { ok: true } };
  const bare = orThrow(await runCanary(deps, { ...input, staged: false }));
  if (bare !== null) throw unavailable(bare, namespaceFix());
  return { programs, seccomp, cgroup, staging: { ok: false, reason: staged } };
}

// Gives the reason why this kind cannot be had, or `null` when it holds.
function orThrow(result: CanaryResult): string | null {
  switch (result.kind) {
    case "holds":
      return null;
    case "unavailable":
      return result.reason;
    case "leaks":
      throw unavailable(
        result.reason,
        "this system does not isolate commands; report it with the output of agentzero doctor",
      );
    default:
      return result satisfies never;
  }
}

// Threat: kernel holes behind calls that no ordinary program needs. Where its tests never ran it is a choice.
function filterFor(arch: string, setting: ProcessSettings["seccomp"]): Uint8Array | null {
  if (setting === "off") return null;
  if (arch === "x64") return compileFilter("x64");
  if (setting === "auto") return null;
  if (arch === "arm64") return compileFilter("arm64");
  throw unavailable(`there is no system call filter for ${arch}`, "set sandbox.seccomp to auto in your config.yml");
}

/**
 * Tries the ground in an empty project.
 *
 * @param deps Random names, clock, host facts.
 * @param at Settings.
 * @returns What is there, or what is missing and how to mend it.
 */
export async function probeGround(deps: SandboxDeps, at: GroundSettings): Promise<Probe> {
  try {
    const ground = await tryGround(deps, at);
    return {
      ok: true,
      facts: {
        bubblewrap: ground.programs.bwrap,
        staging: ground.staging.ok ? "overlay" : `unavailable: ${ground.staging.reason}`,
        seccomp: ground.seccomp === null ? "off" : "on",
        limits: ground.cgroup === null ? "prlimit and watchdog" : `prlimit and cgroup ${ground.cgroup}`,
      },
    };
  } catch (error) {
    const known = error instanceof SandboxError ? error : unavailable("the canary failed", namespaceFix());
    return { ok: false, code: known.code, reason: known.message, fix: known.hint ?? namespaceFix() };
  }
}

/**
 * Runs the canaries in an empty project of their own.
 *
 * @param deps Random names, clock, host facts.
 * @param at Settings.
 * @returns The ground.
 * @throws {SandboxError} `TIER_UNAVAILABLE` with the fix.
 */
export async function tryGround(deps: SandboxDeps, at: GroundSettings): Promise<Ground> {
  const root = makeTempFolder(deps.facts, "agentzero-probe-", "Cannot use the process sandbox");
  try {
    return await testGround(deps, { project: root, stageRoot: join(root, ".agentzero/state/stage"), ...at });
  } finally {
    removeTree(root);
  }
}

function unavailable(seen: string, fix: string): SandboxError {
  return new SandboxError("TIER_UNAVAILABLE", `Cannot use the process sandbox: ${seen}`, { hint: fix });
}
