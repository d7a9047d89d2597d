import { ISOLATION_TIERS, isWord } from "../core/mod.ts";

/** Where an action of a tier goes, or why it goes nowhere. */
export type Route =
  | { readonly ok: true; readonly tier: "host-readonly" | "host-supervised" | "wasm-sandbox" }
  | {
    readonly ok: false;
    readonly code: "TIER_DENIED" | "TIER_UNAVAILABLE" | "TIER_UNKNOWN";
    readonly reason: string;
    readonly hint: string;
  };

/**
 * Routes a tier to its backend. Total, and without a fallback to another tier.
 *
 * @param tier A tier, or any text that claims to be one.
 * @returns The tier that runs it, or a refusal.
 */
export function routeTier(tier: string): Route {
  if (!isWord(ISOLATION_TIERS, tier)) {
    return {
      ok: false,
      code: "TIER_UNKNOWN",
      reason: `Cannot route action: "${tier.slice(0, 64)}" is not an isolation tier`,
      hint: `expected one of ${ISOLATION_TIERS.join(", ")}`,
    };
  }
  switch (tier) {
    case "host-readonly":
    case "host-supervised":
    case "wasm-sandbox":
      return { ok: true, tier };
    case "mvm-microvm":
      return {
        ok: false,
        code: "TIER_UNAVAILABLE",
        reason: "Cannot route action: no microVM backend in this version",
        hint: "use wasm-sandbox or host-supervised",
      };
    case "none":
    case "deny":
      return {
        ok: false,
        code: "TIER_DENIED",
        reason: `Cannot route action: tier "${tier}" runs nothing`,
        hint: "an action that has an effect needs a tier that can run it",
      };
    default:
      return tier satisfies never;
  }
}
