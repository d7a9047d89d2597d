import { describe, expect, it } from "vitest";
import { ISOLATION_TIERS } from "../../core/mod.ts";
import { routeTier } from "../../sandbox/mod.ts";

describe("routeTier()", () => {
  it.each(["host-readonly", "host-supervised", "wasm-sandbox"])(
    "routes %s to itself, never to another tier",
    (tier) => {
      expect(routeTier(tier)).toEqual({ ok: true, tier });
    },
  );

  it.each([
    ["none", "TIER_DENIED"],
    ["deny", "TIER_DENIED"],
    ["mvm-microvm", "TIER_UNAVAILABLE"],
    ["", "TIER_UNKNOWN"],
    ["Host-Readonly", "TIER_UNKNOWN"],
    ["constructor", "TIER_UNKNOWN"],
    ["host-readonly ", "TIER_UNKNOWN"],
  ])("refuses %j with %s", (tier, code) => {
    const route = routeTier(tier);
    expect(route).toMatchObject({ ok: false, code });
    expect(!route.ok && route.hint.length).toBeGreaterThan(10);
  });

  it("answers for every word of the closed set", () => {
    for (const tier of ISOLATION_TIERS) expect(routeTier(tier)).not.toMatchObject({ code: "TIER_UNKNOWN" });
  });
});
