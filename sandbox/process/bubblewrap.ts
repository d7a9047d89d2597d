import { dirname } from "node:path";
import { type Backend, digestOf, type Outcome, type Permit, type Probe, type RunIo } from "../../core/mod.ts";
import type { ProcessSettings, SandboxDeps } from "../deps.ts";
import { checkLimit, SANDBOX_BOUNDS } from "../limits.ts";
import { runFramed } from "../outcome.ts";
import type { EgressNetwork } from "../egress/egress-proxy.ts";
import type { Egress } from "../egress/egress.ts";
import { createBackground } from "./background.ts";
import type { Ground, GroundInput, GroundSettings } from "./ground.ts";
import type { ProcessSpec, ProcessValue } from "./process-spec.ts";
import { createSlots } from "./slots.ts";
import { createSupervisors } from "./supervisors.ts";

/** The process half of tier `host-supervised`. */
export interface BubblewrapBackend extends Backend<ProcessSpec, ProcessValue> {
  /** Resolves when what ended runs left is removed; for a clean exit. */
  idle(): Promise<void>;
  /** Ends what waits for a next command; for the end of a session. A later command still runs. */
  close(): void;
}

/**
 * Creates the process half of tier `host-supervised`: commands in bubblewrap on a staged view of the project. What
 * runs them is loaded by the first run.
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
  const background = createBackground();
  const supervisors = createSupervisors(deps);
  const network = settings.network ?? null;
  const grounds = new Map<string, Promise<Ground>>();
  let probed: Promise<Probe> | null = null;
  // One canary for each project and process: whether a view can be staged depends on the project's file system.
  function groundOf(project: string, stageRoot: string): Promise<Ground> {
    const known = grounds.get(project) ?? prepare(deps, { ...settings, project, stageRoot });
    grounds.set(project, known);
    // What failed may have been mended since: the next call looks again.
    known.catch(() => grounds.delete(project));
    return known;
  }
  return {
    tier: "host-supervised",
    name: "bubblewrap",
    idle: () => background.idle(),
    close: () => supervisors.close(),
    probe: () => probed ??= probe(deps, settings),
    run(permit: Permit, spec: ProcessSpec, io: RunIo): Promise<Outcome<ProcessValue>> {
      const profile = digestOf({ backend: "bubblewrap", started: false });
      const frame = { permit, spec, io, tier: "host-supervised", profile, action: "Cannot run command" } as const;
      return runFramed(deps, frame, async (state) => {
        const [{ checkProcessSpec }, { runCommand }] = await Promise.all([
          import("./check-spec.ts"),
          import("./run-command.ts"),
        ]);
        checkProcessSpec(spec, deps.facts, network !== null);
        const release = await slots.take(io.signal);
        try {
          const ground = await groundOf(spec.project, dirname(spec.stageDir));
          const egress = (spec.hosts?.length ?? 0) === 0 || network === null ? null : await openEgress(deps, network);
          return await runCommand(deps, { ground, permit, spec, io, state, background, supervisors, egress });
        } finally {
          release();
          supervisors.prepare();
        }
      });
    },
  };
}

async function openEgress(deps: SandboxDeps, network: EgressNetwork): Promise<Egress> {
  return (await import("../egress/egress-proxy.ts")).createEgress(deps, network);
}

async function prepare(deps: SandboxDeps, at: GroundInput): Promise<Ground> {
  return await (await import("./ground.ts")).prepareGround(deps, at);
}

async function probe(deps: SandboxDeps, at: GroundSettings): Promise<Probe> {
  return await (await import("./ground.ts")).probeGround(deps, at);
}
