import { AgentZeroError, type AtomicAction, type Digest } from "../../core/mod.ts";
import type { CheckedDefinition, GeneratedTools, PlannedVersion, ToolOrigin, ToolVersion } from "../../skills/mod.ts";
import type { CallFailure } from "../call.ts";
import type { GateDeps } from "../deps.ts";
import type { RoutineIo } from "../host-calls/routine.ts";
import type { Provenance } from "../provenance.ts";
import { generatedGuest, generatedTitle } from "./generated-guest.ts";
import { type ToolProgram, toolProgram } from "./tool-program.ts";
import { compileFailure, tryExamples } from "./try-examples.ts";
import { record } from "../record.ts";

/** One tool on its way: what was approved, and what it may use. */
export interface Making {
  readonly checked: CheckedDefinition;
  readonly plan: PlannedVersion;
  readonly origin: Pick<ToolOrigin, "tainted" | "readBefore" | "call">;
  readonly provenance: Provenance;
  readonly io: RoutineIo;
}

/** Makes tools: compiles, tries, registers, offers. */
export interface Maker {
  /** Says what registering would make. */
  plan(checked: CheckedDefinition): PlannedVersion;
  /** Makes a tool that was approved; gives why not. Nothing is registered then. */
  make(making: Making): Promise<ToolVersion | CallFailure>;
}

/**
 * Creates the maker of a session.
 *
 * @param registry The tools of the project.
 * @param deps The gate.
 * @param offer Takes a new version into the session, from the next round on.
 * @returns The maker.
 */
export function createMaker(
  registry: GeneratedTools,
  deps: () => GateDeps,
  offer: (version: ToolVersion) => void,
): Maker {
  return {
    plan: (checked) => registry.plan(checked),
    async make(making): Promise<ToolVersion | CallFailure> {
      const program = await compile(making);
      if ("code" in program) return program;
      const gate = deps();
      const { checked, plan, provenance, io, origin } = making;
      const trial = { deps: gate, actor: plan.actor, provenance, checked, program, seed: origin.call };
      const failure = await tryExamples(trial, io);
      if (failure !== null) return failure;
      if (io.signal.aborted) return { code: "CANCELLED", message: "Cannot register the tool: cancelled", hint: null };
      const made = await register({ registry, gate, making, engine: program.component });
      if (!("code" in made)) offer(made);
      return made;
    },
  };
}

async function compile({ checked }: Making): Promise<ToolProgram | CallFailure> {
  const { definition: { name, language, source }, compiled: permissions } = checked;
  try {
    return await toolProgram({ language, source, permissions });
  } catch (cause) {
    if (!(cause instanceof AgentZeroError)) throw cause;
    return cause.code.startsWith("WASM_")
      ? compileFailure(name, cause.message)
      : { code: cause.code, message: cause.message, hint: cause.hint ?? null };
  }
}

async function register(
  { registry, gate, making, engine }: {
    readonly registry: GeneratedTools;
    readonly gate: GateDeps;
    readonly making: Making;
    readonly engine: Digest;
  },
): Promise<ToolVersion | CallFailure> {
  const { checked, plan, origin } = making;
  // On record before it is there: what cannot be recorded does not happen.
  const written = await record(gate, {
    event: "tool.change",
    call: origin.call,
    reason: `registered: ${generatedTitle(plan.actor)} ${plan.actor.digest ?? ""}`,
    tainted: origin.tainted,
    sources: [...origin.readBefore],
    skill: generatedGuest(plan.actor).record,
  }, { risky: true });
  if (typeof written !== "number") return written;
  return registry.register(checked, {
    plan,
    engine,
    origin: {
      ...origin,
      created: gate.clock.now(),
      session: gate.session,
      approval: approvalOf(gate, plan, origin.tainted),
    },
  });
}

// The answer was given before this ran: a lasting one is a grant by now, a rule that allows needed none.
function approvalOf({ policy }: GateDeps, { actor }: PlannedVersion, tainted: boolean): ToolOrigin["approval"] {
  const action: AtomicAction = {
    capability: "package_install",
    target: { kind: "package", id: actor.id, version: actor.version, digest: actor.digest },
    classes: ["internal"],
    tier: "wasm-sandbox",
    tainted,
    skill: actor,
  };
  const grant = policy.packageGrant(actor);
  if (grant === "session" || grant === "package") return grant;
  return policy.decide(action).decision === "requires_approval" ? "once" : null;
}
