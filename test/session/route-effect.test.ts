import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, ISOLATION_TIERS, type IsolationTier, loadSodium } from "../../core/mod.ts";
import type { Tiers } from "../../session/deps.ts";
import { misrouted } from "../../session/route-effect.ts";
import type { Effect, Presented } from "../../session/tools/tool.ts";

// Backends that only stand for their tier: nothing here runs anything.
function backend(tier: IsolationTier): Backend<never, never> {
  return {
    tier,
    name: "none",
    probe: () => Promise.resolve({ ok: true, facts: {} }),
    run: () => Promise.reject(new TypeError("nothing runs here")),
  };
}

const TIERS = {
  files: backend("host-readonly"),
  writer: backend("host-supervised"),
  folders: backend("host-supervised"),
  process: backend("host-supervised"),
  http: backend("host-supervised"),
  wasm: undefined,
} as unknown as Tiers;

const NOTHING: Presented = { output: null, truncated: false, sources: [], classes: [], error: null };

function present(): Presented {
  return NOTHING;
}

const READ: Effect = { backend: "files", spec: { op: "list", target: "/p", depth: 1, maxEntries: 1 }, present };

beforeAll(async () => {
  await loadSodium();
});

describe("misrouted()", () => {
  it("lets an effect run in the tier that was decided, and in no other", () => {
    for (const tier of ISOLATION_TIERS) {
      expect([tier, misrouted(TIERS, READ, tier) === null]).toEqual([tier, tier === "host-readonly"]);
    }
  });

  it.each(
    [
      ["mvm-microvm", "TIER_UNAVAILABLE"],
      ["none", "TIER_DENIED"],
      ["deny", "TIER_DENIED"],
      ["host-supervised", "TIER_DENIED"],
      ["new-tier" as IsolationTier, "TIER_UNKNOWN"],
    ] as const,
  )("refuses %s with %s before anything starts", (tier, code) => {
    expect(misrouted(TIERS, READ, tier)).toMatchObject({ ok: false, started: false, code });
  });

  it("goes by the backend's own tier for a step on behalf of a guest", () => {
    expect(misrouted(TIERS, READ, null)).toBeNull();
  });

  it("refuses a component where nothing runs it", () => {
    const wasm = { backend: "wasm" } as Effect;
    expect(misrouted(TIERS, wasm, "wasm-sandbox")).toMatchObject({ code: "TIER_UNAVAILABLE", started: false });
  });

  it("lets text alone pass as `none`, and nothing that runs", () => {
    const text = { backend: "routine", tier: "none" } as Effect;
    expect(misrouted(TIERS, text, "none")).toBeNull();
    expect(misrouted(TIERS, { ...text, tier: "wasm-sandbox" } as Effect, "none")).toMatchObject({
      code: "TIER_DENIED",
    });
    expect(misrouted(TIERS, text, "host-readonly")).toMatchObject({ code: "TIER_DENIED" });
  });
});
