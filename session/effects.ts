import type { CallId, Digest, IsolationTier, Outcome, Permit, PermitSpender, RunIo } from "../core/mod.ts";
import { specDigest } from "../sandbox/mod.ts";
import type { GateDeps } from "./deps.ts";
import type { Guest, GuestRun } from "./host-calls/guest.ts";
import type { HttpIo } from "./http.ts";
import { misrouted } from "./route-effect.ts";
import type { Effect } from "./tools/tool.ts";

/** What stands behind a permit: a recorded intent of one call. */
export interface PermitGround {
  readonly call: CallId;
  readonly intent: number;
}

/** What an effect may use while it runs. */
export interface EffectIo {
  readonly io: Omit<RunIo, "permits" | "secrets">;
  readonly handles: readonly string[];
  /** Opens the gate for a guest that the effect runs; `null` where none may. */
  readonly guests: ((guest: Guest) => GuestRun) | null;
}

/** What ran, before it is labelled. */
export type EffectOutcome = {
  [B in Effect["backend"]]: {
    readonly backend: B;
    readonly outcome: Outcome<Parameters<Extract<Effect, { backend: B }>["present"]>[0]>;
  };
}[Effect["backend"]];

/**
 * Mints the permit for one effect and hands it to its tier; the only place where a permit meets a backend.
 *
 * @param deps The gate's wiring.
 * @param ground The recorded intent that the permit rests on.
 * @param run The effect and what it may use while it runs.
 * @returns The tier's outcome; a tier never throws.
 */
export async function runEffect(
  deps: GateDeps,
  ground: PermitGround,
  run: EffectIo & {
    readonly effect: Effect;
    /** The tier that was decided; `null` for a step on behalf of a guest. */
    readonly tier: IsolationTier | null;
    /** Decides requests of the `http` tier as they happen; without it none is sent. */
    readonly admitRequest?: HttpIo["admitRequest"];
  },
): Promise<EffectOutcome> {
  const { effect } = run;
  const refusal = misrouted(deps.tiers, effect, run.tier);
  if (refusal !== null) return { backend: effect.backend, outcome: refusal };
  const io = { ...run.io, permits: spender(deps), secrets: revealer(deps, run.handles) };
  const digest = specDigest(effect.spec);
  switch (effect.backend) {
    case "files":
      return {
        backend: "files",
        outcome: await deps.tiers.files.run(
          mint(deps, ground, { digest, tier: deps.tiers.files.tier }),
          effect.spec,
          io,
        ),
      };
    case "writer":
      return {
        backend: "writer",
        outcome: await deps.tiers.writer.run(
          mint(deps, ground, { digest, tier: deps.tiers.writer.tier }),
          effect.spec,
          io,
        ),
      };
    case "process":
      return {
        backend: "process",
        outcome: await deps.tiers.process.run(
          mint(deps, ground, { digest, tier: deps.tiers.process.tier }),
          effect.spec,
          io,
        ),
      };
    case "http":
      return {
        backend: "http",
        outcome: await deps.tiers.http.run(mint(deps, ground, { digest, tier: deps.tiers.http.tier }), effect.spec, {
          ...io,
          admitRequest: run.admitRequest ?? refuseAll,
        }),
      };
    case "folders":
      return {
        backend: "folders",
        outcome: await deps.tiers.folders.run(
          mint(deps, ground, { digest, tier: deps.tiers.folders.tier }),
          effect.spec,
          io,
        ),
      };
    case "wasm": {
      const { runWasm } = await import("./host-calls/run-wasm.ts");
      return { backend: "wasm", outcome: await runWasm(deps, ground, { effect, io: run }) };
    }
    case "routine": {
      const { runRoutine } = await import("./host-calls/run-routine.ts");
      return { backend: "routine", outcome: await runRoutine(deps, ground, { effect, io: run }) };
    }
    default:
      return effect satisfies never;
  }
}

/**
 * Mints a permit for a digest on the ground of a recorded intent.
 *
 * @param deps The permit desk.
 * @param ground The recorded intent.
 * @param bound What the permit is good for.
 * @returns A single-use permit.
 */
export function mint(
  deps: Pick<GateDeps, "permits">,
  ground: PermitGround,
  bound: { readonly digest: Digest; readonly tier: Parameters<PermitSpender["spend"]>[2] },
): Permit {
  return deps.permits.mint({ call: ground.call, intent: ground.intent, digest: bound.digest, tier: bound.tier });
}

/** The half of the permit desk that tiers get. */
export function spender(deps: Pick<GateDeps, "permits">): PermitSpender {
  return { spend: (permit, digest, tier) => deps.permits.spend(permit, digest, tier) };
}

function refuseAll(): Promise<never> {
  return Promise.reject(new TypeError("Cannot send: nobody decides requests here"));
}

/**
 * The half of the secrets that one run gets.
 *
 * Threat: a tier that resolves a handle the call never named. Only decided handles can be revealed.
 *
 * @param deps The secrets.
 * @param handles What the call named and policy decided.
 * @returns The revealer.
 */
export function revealer(deps: Pick<GateDeps, "secrets">, handles: readonly string[]): RunIo["secrets"] {
  return {
    reveal(permit, handle) {
      if (!handles.includes(handle)) {
        return Promise.reject(new TypeError("Cannot reveal secret: the call did not name it"));
      }
      return deps.secrets.reveal(permit, handle);
    },
  };
}
