import { mkdtempSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Backend, digestOf, type Outcome, type Permit, type Probe, type RunIo } from "../../core/mod.ts";
import type { ProcessSettings, SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { checkLimit, SANDBOX_BOUNDS } from "../limits.ts";
import { runFramed } from "../outcome.ts";
import type { ProcessSpec, ProcessValue } from "../spec.ts";
import { createBackground } from "./background.ts";
import { type CanaryResult, runCanary } from "./canary.ts";
import { findCgroup } from "./cgroup.ts";
import { checkProcessSpec } from "./check-spec.ts";
import { findPrograms } from "./find-programs.ts";
import { namespaceFix } from "./namespace-fix.ts";
import { removeTree } from "./remove-tree.ts";
import { type Ground, runCommand } from "./run-command.ts";
import { compileFilter } from "./seccomp.ts";
import { createSlots } from "./slots.ts";
import { removeStaleStages } from "./stage.ts";

/** The process half of tier `host-supervised`. */
export interface BubblewrapBackend extends Backend<ProcessSpec, ProcessValue> {
  /** Resolves when what ended runs left is removed; for a clean exit. */
  idle(): Promise<void>;
}

/**
 * Creates the process half of tier `host-supervised`: commands in bubblewrap on a staged view of the project.
 *
 * @example
 * ```ts
 * const processes = createBubblewrap(deps);
 * const outcome = await processes.run(mint(specDigest(spec), processes.tier), spec, io);
 * if (outcome.ok && outcome.value.stage !== null) await outcome.value.stage.discard();
 * ```
 * @param deps Clock, timers, random names, host facts.
 * @param settings What the user's own configuration says.
 * @returns The backend.
 * @throws {SandboxError} `LIMIT_INVALID` for a setting outside its bounds.
 */
export function createBubblewrap(deps: SandboxDeps, settings: Partial<ProcessSettings> = {}): BubblewrapBackend {
  const running = checkLimit(SANDBOX_BOUNDS.running, settings.running ?? SANDBOX_BOUNDS.running.default);
  const slots = createSlots(running);
  const seccomp = settings.seccomp ?? "auto";
  const cgroup = settings.cgroup === undefined || settings.cgroup === "auto" ? findCgroup() : settings.cgroup;
  const background = createBackground();
  const grounds = new Map<string, Promise<Ground>>();
  let probed: Promise<Probe> | null = null;
  // One canary for each project and process: whether a view can be staged depends on the project's file system.
  function groundOf(project: string, stageRoot: string): Promise<Ground> {
    const known = grounds.get(project) ?? prepareGround(deps, { project, stageRoot, seccomp, cgroup });
    grounds.set(project, known);
    // What failed may have been mended since: the next call looks again.
    known.catch(() => grounds.delete(project));
    return known;
  }
  return {
    tier: "host-supervised",
    name: "bubblewrap",
    idle: () => background.idle(),
    probe: () => probed ??= probe(deps, { seccomp, cgroup }),
    run(permit: Permit, spec: ProcessSpec, io: RunIo): Promise<Outcome<ProcessValue>> {
      const profile = digestOf({ backend: "bubblewrap", started: false });
      const frame = { permit, spec, io, tier: "host-supervised", profile, action: "Cannot run command" } as const;
      return runFramed(deps, frame, async (state) => {
        checkProcessSpec(spec, deps.facts);
        const release = await slots.take(io.signal);
        try {
          const ground = await groundOf(spec.project, dirname(spec.stageDir));
          return await runCommand(deps, { ground, permit, spec, io, state, background });
        } finally {
          release();
        }
      });
    },
  };
}

/** What a canary is run on. */
interface GroundInput {
  readonly project: string;
  readonly stageRoot: string;
  readonly seccomp: ProcessSettings["seccomp"];
  readonly cgroup: string | null;
}

async function prepareGround(deps: SandboxDeps, at: GroundInput): Promise<Ground> {
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
  const seccomp = filterFor(deps.facts.arch, at.seccomp);
  const stageDir = join(at.stageRoot, `probe_${Buffer.from(deps.random.bytes(8)).toString("hex")}`);
  const input = { programs, project: at.project, stageDir, seccomp };
  const staged = orThrow(await runCanary(deps, { ...input, staged: true }));
  if (staged === null) return { programs, seccomp, cgroup: at.cgroup, staging: { ok: true } };
  const bare = orThrow(await runCanary(deps, { ...input, staged: false }));
  if (bare !== null) throw unavailable(bare, namespaceFix());
  return { programs, seccomp, cgroup: at.cgroup, staging: { ok: false, reason: staged } };
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

async function probe(deps: SandboxDeps, at: Pick<GroundInput, "seccomp" | "cgroup">): Promise<Probe> {
  let root: string | null = null;
  try {
    root = realpathSync(mkdtempSync(join(deps.facts.tmp, "agentzero-probe-")));
    const ground = await testGround(deps, { project: root, stageRoot: join(root, ".agentzero/state/stage"), ...at });
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
  } finally {
    if (root !== null) removeTree(root);
  }
}

function unavailable(seen: string, fix: string): SandboxError {
  return new SandboxError("TIER_UNAVAILABLE", `Cannot use the process sandbox: ${seen}`, { hint: fix });
}
