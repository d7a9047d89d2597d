import { describe, expect, it } from "vitest";
import type { CallId, Digest } from "../../core/mod.ts";
import { Permit } from "../../core/mod.ts";
import { createPermits, PERMIT_AGE_MS, type PermitTerms } from "../../policy/permits.ts";
import { handClock } from "../support/core-rig.ts";

const DIGEST = `b2:${"a".repeat(64)}` as Digest;
const OTHER = `b2:${"b".repeat(64)}` as Digest;
const CALL = "call_01K0000000000000000000000A" as CallId;
const TERMS: PermitTerms = { call: CALL, intent: 4, digest: DIGEST, tier: "host-readonly" };
const INVALID = expect.objectContaining({ code: "PERMIT_INVALID" });

describe("createPermits()", () => {
  it("lets a permit be spent once, for its digest and tier", () => {
    const permits = createPermits(handClock());
    const permit = permits.mint(TERMS);
    expect(permits.spentFor(permit)).toBeNull();
    permits.spend(permit, DIGEST, "host-readonly");
    expect(permits.spentFor(permit)).toBe(CALL);
    expect(() => permits.spend(permit, DIGEST, "host-readonly")).toThrow(INVALID);
  });

  it("uses a permit up even when the try was wrong", () => {
    const permits = createPermits(handClock());
    const permit = permits.mint(TERMS);
    expect(() => permits.spend(permit, OTHER, "host-readonly")).toThrow(INVALID);
    expect(() => permits.spend(permit, DIGEST, "host-readonly")).toThrow(INVALID);
    expect(permits.spentFor(permit)).toBeNull();
  });

  it("refuses another tier", () => {
    const permits = createPermits(handClock());
    const permit = permits.mint(TERMS);
    expect(() => permits.spend(permit, DIGEST, "host-supervised")).toThrow(INVALID);
  });

  it("refuses a permit that waited for more than 60 seconds, or whose clock went back", () => {
    const clock = handClock();
    const permits = createPermits(clock);
    const [fresh, old, early] = [permits.mint(TERMS), permits.mint(TERMS), permits.mint(TERMS)];
    clock.advance(-1);
    expect(() => permits.spend(early, DIGEST, "host-readonly")).toThrow(INVALID);
    clock.advance(1 + PERMIT_AGE_MS);
    permits.spend(fresh, DIGEST, "host-readonly");
    clock.advance(1);
    expect(() => permits.spend(old, DIGEST, "host-readonly")).toThrow(INVALID);
  });

  it("knows permits by identity: not those of another desk, none made by hand, no look-alike", () => {
    const permits = createPermits(handClock());
    const foreign = createPermits(handClock()).mint(TERMS);
    for (
      const permit of [
        foreign,
        new Permit(),
        Object.create(Permit.prototype),
        Object.assign({}, permits.mint(TERMS)),
        null,
      ]
    ) {
      expect(() => permits.spend(permit as Permit, DIGEST, "host-readonly")).toThrow(INVALID);
      expect(permits.spentFor(permit as Permit)).toBeNull();
    }
  });

  it("voids everything at the end of a turn", () => {
    const permits = createPermits(handClock());
    const [waiting, spent] = [permits.mint(TERMS), permits.mint(TERMS)];
    permits.spend(spent, DIGEST, "host-readonly");
    permits.revokeAll();
    expect(() => permits.spend(waiting, DIGEST, "host-readonly")).toThrow(INVALID);
    expect(permits.spentFor(spent)).toBeNull();
  });

  it.each(["none", "deny", "mvm-microvm"] as const)("mints nothing for tier %s", (tier) => {
    expect(() => createPermits(handClock()).mint({ ...TERMS, tier })).toThrow(INVALID);
  });

  it("cannot be left out or made up: that does not compile", () => {
    const permits = createPermits(handClock());
    // @ts-expect-error -- no permit, no compile
    expect(() => permits.spend({}, DIGEST, "host-readonly")).toThrow(INVALID);
    // @ts-expect-error -- the permit is missing
    expect(() => permits.spend(DIGEST, "host-readonly")).toThrow(INVALID);
  });
});
