import { digestOf, type Outcome } from "../../core/mod.ts";
import { specDigest, type WasmValue } from "../../sandbox/mod.ts";
import type { GateDeps } from "../deps.ts";
import { type EffectIo, mint, type PermitGround, revealer, spender } from "../effects.ts";
import type { WasmEffect } from "../tools/tool.ts";

/**
 * Runs a component with a permit for exactly its spec; each of its host calls goes through the gate.
 *
 * @param deps The gate's wiring.
 * @param ground The recorded intent.
 * @param run What runs, on whose behalf.
 * @returns The tier's outcome; never throws. Without the tier it is `TIER_UNAVAILABLE`, and nothing ran.
 */
export async function runWasm(
  deps: GateDeps,
  ground: PermitGround,
  run: { readonly effect: Pick<WasmEffect, "spec" | "guest" | "component" | "ended">; readonly io: EffectIo },
): Promise<Outcome<WasmValue>> {
  const { effect, io } = run;
  const { wasm } = deps.tiers;
  if (wasm === undefined || io.guests === null) {
    return {
      started: false,
      ms: 0,
      profile: digestOf({ backend: "wasm", form: 0 }),
      usage: { outputBytes: 0, memoryBytes: null },
      notices: [],
      ok: false,
      code: "TIER_UNAVAILABLE",
      reason: `Cannot run "${effect.guest.title}": components do not run here`,
      hint: "agentzero doctor",
    };
  }
  const guest = io.guests(effect.guest);
  const permit = mint(deps, ground, { digest: specDigest(effect.spec), tier: wasm.tier });
  const outcome = await wasm.run(permit, effect.spec, {
    ...io.io,
    signal: guest.signal,
    permits: spender(deps),
    secrets: revealer(deps, []),
    host: guest.host,
    component: effect.component,
  });
  effect.ended?.(outcome);
  return outcome;
}
