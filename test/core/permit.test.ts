import { describe, expect, it } from "vitest";
import { Permit } from "../../core/permit.ts";

/** Stands for every effect: it takes a permit. */
function effect(permit: Permit): boolean {
  return Permit.isPermit(permit);
}

describe("Permit", () => {
  it("cannot be left out", () => {
    // @ts-expect-error -- no permit, no compile
    expect(effect()).toBe(false);
  });

  it("cannot be imitated", () => {
    // @ts-expect-error -- an empty object is no permit
    expect(effect({})).toBe(false);
    // @ts-expect-error -- an object of the same shape is no permit
    expect(effect({ nominal: true })).toBe(false);
    // @ts-expect-error -- nothing is no permit
    expect(effect(null)).toBe(false);
  });

  it("cannot be imitated by prototype either", () => {
    expect(Permit.isPermit(Object.create(Permit.prototype))).toBe(false);
    expect(Permit.isPermit(Object.setPrototypeOf({}, Permit.prototype))).toBe(false);
    expect(Permit.isPermit(structuredClone(new Permit()))).toBe(false);
    expect(Permit.isPermit(new Permit())).toBe(true);
  });
});
