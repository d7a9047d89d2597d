import { AgentZeroError, type Probe, shape } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { CANARY_GLUE, CANARY_MODULE } from "./canary.ts";
import { openChild } from "./child-link.ts";
import { createGuest } from "./guest.ts";
import type { GuestJob } from "./guest-job.ts";
import type { GuestEnd, LoadMessage } from "./guest/messages.ts";
import { METER_NAMES } from "./prepare.ts";
import { openThread } from "./thread-link.ts";
import { DEFAULT_WASM_LIMITS } from "./wasm-limits.ts";

const FUEL = 100_000;
const LOAD: LoadMessage = {
  kind: "load",
  glue: CANARY_GLUE,
  modules: [{ name: "canary", module: CANARY_MODULE }],
  names: METER_NAMES,
  wasi: null,
};
const report = shape.object({
  asked: shape.integer(),
  reach: shape.list(shape.string()),
  variables: shape.integer(),
  files: shape.flag(),
});

/**
 * Runs the canary in a thread and in a process: a host call comes back, nothing of the runtime is in reach, the process
 * reads no file, and a loop ends with its fuel.
 *
 * @param deps Clock, timers, host facts.
 * @returns What works, or the first thing that does not.
 */
export async function probeWasm(deps: SandboxDeps): Promise<Probe> {
  const [thread, child] = await Promise.all([tryPlace(deps, "thread"), tryPlace(deps, "child")]);
  // Where a thread is not used by itself it must not stop the others, and the other way round.
  const needed = deps.facts.runtime === "deno" ? thread ?? child : thread;
  if (needed !== null) {
    return {
      ok: false,
      code: "TIER_UNAVAILABLE",
      reason: `Cannot run components: ${needed.reason}`,
      fix: needed.fix,
    };
  }
  return {
    ok: true,
    facts: {
      thread: "works",
      process: child === null ? "works, without permissions" : `does not work: ${child.reason}`,
      default: deps.facts.runtime === "deno" ? "process; scripts in a thread" : "thread",
    },
  };
}

interface Problem {
  readonly reason: string;
  readonly fix: string;
}

async function tryPlace(deps: SandboxDeps, where: "thread" | "child"): Promise<Problem | null> {
  try {
    const guest = createGuest(deps, where === "thread" ? openThread(deps) : openChild(deps), Promise.resolve(LOAD));
    try {
      const looked = await guest.run(jobOf("look"));
      const problem = problemOf(looked.end, where) ??
        ((await guest.run(jobOf("spin"))).end.kind === "failed" ? null : "a loop did not end with its fuel");
      return problem === null ? null : { reason: `in a ${where}, ${problem}`, fix: fixOf(deps) };
    } finally {
      await guest.kill();
    }
  } catch (error) {
    if (!(error instanceof AgentZeroError)) return { reason: `a ${where} cannot be started`, fix: fixOf(deps) };
    return { reason: error.message, fix: error.hint ?? fixOf(deps) };
  }
}

function problemOf(end: GuestEnd, where: "thread" | "child"): string | null {
  if (end.kind !== "output") return end.kind === "failed" ? end.reason : end.text;
  const seen = report.safeParse(JSON.parse(end.text));
  if (!seen.success) return "the canary said what it should not";
  const { asked, reach, variables, files } = seen.data;
  if (asked !== 1) return "a host call was not answered";
  if (variables > 0) return "variables of the environment are in reach";
  if (reach.length > 0) return `parts of the runtime are in reach: ${reach.join(", ")}`;
  return files && where === "child" ? "files are in reach" : null;
}

function fixOf({ facts }: SandboxDeps): string {
  return facts.runtime === "deno"
    ? "run Deno >= 2.5 with --allow-run and --allow-read for its own folder"
    : "run Node >= 22.18";
}

function jobOf(input: string): GuestJob {
  const limits = { ...DEFAULT_WASM_LIMITS, fuel: FUEL, calls: 1 };
  return {
    start: {
      script: null,
      input,
      limits,
      declared: ["filesystem"],
      seed: "canary",
      nowMs: 0,
      clock: false,
      random: false,
    },
    signal: new AbortController().signal,
    host: () => Promise.resolve({ ok: true, value: true }),
    onLog: () => {},
  };
}
