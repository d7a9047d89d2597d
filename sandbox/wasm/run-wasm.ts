import { b2, digestOf, type Probe, type RunIo } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { SandboxError } from "../errors.ts";
import { refuse, type RunState } from "../outcome.ts";
import { openChild } from "./child-link.ts";
import type { ComponentStore } from "./component.ts";
import { createGuest } from "./guest.ts";
import type { GuestJob } from "./guest-job.ts";
import type { GuestResult } from "./guest-run.ts";
import { createPool, type Lease } from "./pool.ts";
import { componentKey, createPreparedCache } from "./prepare.ts";
import { probeWasm } from "./probe-wasm.ts";
import { openThread } from "./thread-link.ts";
import { wasmLimits } from "./wasm-limits.ts";
import type { WasmLogLine, WasmSpec, WasmValue } from "./wasm-spec.ts";

/** What runs components. */
export interface WasmHost {
  /** Runs one call whose permit was spent. Throws a coded error for every end but a result. */
  run(spec: WasmSpec, io: RunIo, state: RunState): Promise<WasmValue>;
  /** Runs the canary. */
  probe(): Promise<Probe>;
  /** Ends warm guests. */
  close(): Promise<void>;
}

/** Memory above which a guest is not kept warm: what its last instance held may not be freed for long. */
const WARM_BYTES = 32 * 1024 * 1024;

/**
 * Creates what runs components.
 *
 * @param deps Clock, timers, host facts.
 * @param store Where compiled components are.
 * @returns The host.
 */
export function createWasmHost(deps: SandboxDeps, store: ComponentStore): WasmHost {
  const cache = createPreparedCache(store);
  const pool = createPool(deps);
  // Set once a thread could not be ended: it burns a core until it is done, and another one must not.
  let stuck = false;

  async function lease(spec: WasmSpec, io: RunIo, state: RunState): Promise<Lease> {
    const where = stuck ? "child" : placeOf(spec, deps.facts.runtime);
    const started: { load: Promise<unknown> | null } = { load: null };
    const taken = await pool.take(`${where} ${componentKey(spec)}`, io.signal, () => {
      const link = where === "child" ? openChild(deps) : openThread(deps);
      // The program starts while its component is read and compiled.
      const load = cache.get(spec, io, state.notices).then((prepared) => prepared.load(where));
      started.load = load;
      return createGuest(deps, link, load);
    });
    try {
      await started.load;
      return taken;
    } catch (error) {
      taken.give(false);
      throw error;
    }
  }
  async function relieve(abandoned: Promise<boolean>): Promise<void> {
    if (await abandoned) stuck = false;
  }
  function abandon(result: GuestResult, state: RunState): void {
    if (result.abandoned === null || deps.facts.runtime !== "deno") return;
    // Ended is only what says so: until then it counts as stuck.
    stuck = true;
    state.notices.push({
      code: "WASM_STUCK",
      text: "A worker thread did not stop and may burn a core; until it ends, components run in processes.",
    });
    void relieve(result.abandoned);
  }
  return {
    async run(spec, io, state) {
      checkSpec(spec);
      const taken = await lease(spec, io, state);
      let reusable = false;
      try {
        const log: WasmLogLine[] = [];
        const where = taken.guest.where;
        state.profile = digestOf({
          backend: `wasm-${where}`,
          runtime: deps.facts.runtime,
          limits: spec.limits,
          form: 1,
        });
        state.started = true;
        const result = await taken.guest.run(jobOf(deps, { spec, io, log }));
        if (where === "thread") abandon(result, state);
        reusable = result.reusable && (result.memoryBytes ?? 0) <= WARM_BYTES;
        state.memoryBytes = result.memoryBytes;
        if (result.logCut) {
          state.notices.push({ code: "LOG_CUT", text: "The guest logged more than is kept; the rest was left out." });
        }
        return valueOf(result, state, log);
      } finally {
        taken.give(reusable);
      }
    },
    probe: () => probeWasm(deps),
    close: () => pool.close(),
  };
}

// A thread is faster. On Deno nobody can end one from outside, and code from elsewhere gets a process.
function placeOf({ where, script }: WasmSpec, runtime: "node" | "deno"): "thread" | "child" {
  if (where !== "auto") return where;
  return runtime === "deno" && script === null ? "child" : "thread";
}

function checkSpec(spec: WasmSpec): void {
  const { inputBytes } = wasmLimits(spec.limits);
  const bytes = Buffer.byteLength(spec.input);
  if (bytes > inputBytes) {
    refuse(
      "LIMIT_SIZE",
      `Cannot run component: its input of ${bytes} bytes is more than ${inputBytes}`,
      "limits.wasm_input",
    );
  }
  const scripted = spec.manifest.world === "engine";
  if (scripted !== (spec.script !== null)) {
    refuse(
      "SPEC_INVALID",
      `Cannot run component: a component of world "${spec.manifest.world}" takes ${scripted ? "a" : "no"} script`,
    );
  }
  if (spec.script !== null && b2(spec.script.source) !== spec.script.digest) {
    refuse("SPEC_INVALID", "Cannot run component: its script is not what its digest says");
  }
  const undeclared = spec.declared.find((name) => !spec.manifest.imports.includes(name));
  if (undeclared !== undefined) {
    refuse("SPEC_INVALID", `Cannot run component: it does not import "${undeclared}"`);
  }
}

function jobOf(
  { clock }: Pick<SandboxDeps, "clock">,
  { spec, io, log }: { readonly spec: WasmSpec; readonly io: RunIo; readonly log: WasmLogLine[] },
): GuestJob {
  const { fuel, wallMs, calls, bytes, outputBytes, logLines, logBytes } = spec.limits;
  return {
    start: {
      script: spec.script?.source ?? null,
      input: spec.input,
      limits: { fuel, wallMs, calls, bytes, outputBytes, logLines, logBytes },
      declared: spec.declared,
      seed: spec.seed,
      nowMs: spec.clock ? clock.now() : timeOf(spec.seed) ?? clock.now(),
      clock: spec.clock,
      random: spec.random,
    },
    signal: io.signal,
    host: io.host ?? null,
    onLog(line) {
      log.push(line);
      io.onOutput?.("stderr", new TextEncoder().encode(`${line.level}: ${line.message}\n`));
    },
  };
}

const ULID = /_([0-7][0-9A-HJKMNP-TV-Z]{9})[0-9A-HJKMNP-TV-Z]{16}$/;
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// The id of a call holds its time: replays of it agree.
function timeOf(seed: string): number | null {
  const [, time] = ULID.exec(seed) ?? [];
  return time === undefined ? null : time.split("").reduce((ms, digit) => ms * 32 + DIGITS.indexOf(digit), 0);
}

function valueOf(result: GuestResult, state: RunState, log: readonly WasmLogLine[]): WasmValue {
  const { end, fuelUsed, calls } = result;
  switch (end.kind) {
    case "output":
      state.outputBytes = Buffer.byteLength(end.text);
      return { op: "wasm", output: end.text, error: null, stage: "run", log, fuelUsed, calls };
    case "error":
      state.outputBytes = Buffer.byteLength(end.text);
      return { op: "wasm", output: null, error: end.text, stage: end.stage, log, fuelUsed, calls };
    case "failed":
      throw new SandboxError(codeOf(end.code), end.reason, end.hint === null ? {} : { hint: end.hint });
    default:
      return end satisfies never;
  }
}

const CODES = [
  "CANCELLED",
  "LIMIT_CALLS",
  "LIMIT_FUEL",
  "LIMIT_MEMORY",
  "LIMIT_OUTPUT",
  "LIMIT_TIME",
  "SANDBOX_FAILED",
  "WASM_TRAP",
] as const;

function codeOf(code: string): (typeof CODES)[number] {
  return CODES.find((known) => known === code) ?? "SANDBOX_FAILED";
}
