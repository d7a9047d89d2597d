import { digestOf, type IsolationTier, type Outcome } from "../core/mod.ts";
import { routeTier } from "../sandbox/mod.ts";
import type { Tiers } from "./deps.ts";
import type { Effect } from "./tools/tool.ts";

/**
 * Routes an effect to the tier that was decided for it, or says why it goes nowhere. There is no other tier to fall back
 * to: what its backend does not stand for is refused.
 *
 * @param tiers The backends.
 * @param effect What would run.
 * @param decided The tier that policy decided and the record names; `null` for a step on behalf of a guest, which was
 *   decided for the guest's tier and is done by the backend's own.
 * @returns The refusal, or `null` when it may run.
 */
export function misrouted(tiers: Tiers, effect: Effect, decided: IsolationTier | null): Outcome<never> | null {
  const own = tierOf(tiers, effect);
  // Text that was read before: nothing runs, no permit is minted.
  if (own === "none" && (decided ?? own) === "none") return null;
  const route = routeTier(decided ?? own ?? "wasm-sandbox");
  if (!route.ok) return refusal(route.code, route.reason, route.hint);
  // Threat: a call that was decided for one tier and carries an effect of another.
  if (own === route.tier) return null;
  return refusal(
    own === null ? "TIER_UNAVAILABLE" : "TIER_DENIED",
    own === null
      ? `Cannot route action: no backend for tier "${route.tier}" is wired here`
      : `Cannot route action: it was decided for tier "${route.tier}" and would run in "${own}"`,
    "see agentzero doctor",
  );
}

function tierOf(tiers: Tiers, effect: Effect): IsolationTier | null {
  switch (effect.backend) {
    case "files":
    case "writer":
    case "process":
    case "http":
    case "folders":
      return tiers[effect.backend].tier;
    case "wasm":
      return tiers.wasm?.tier ?? null;
    case "routine":
      return effect.tier;
    default:
      return effect satisfies never;
  }
}

function refusal(code: string, reason: string, hint: string): Outcome<never> {
  return {
    started: false,
    ms: 0,
    profile: digestOf({ backend: "none", form: 1 }),
    usage: { outputBytes: 0, memoryBytes: null },
    notices: [],
    ok: false,
    code,
    reason,
    hint,
  };
}
