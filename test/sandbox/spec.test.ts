import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../core/mod.ts";
import { specDigest } from "../../sandbox/mod.ts";

const WRITE = { op: "write", target: "/p/a", content: new Uint8Array([1, 2]), expect: null, createParents: false };

beforeAll(async () => {
  await loadSodium();
});

describe("specDigest()", () => {
  it("is the same for equal specs, whatever the order of their members", () => {
    expect(specDigest({ b: [1, { y: 1, x: null }], a: "x" })).toBe(specDigest({ a: "x", b: [1, { x: null, y: 1 }] }));
    expect(specDigest({ ...WRITE, content: new Uint8Array([1, 2]) })).toBe(specDigest(WRITE));
  });

  it.each([
    ["another target", { ...WRITE, target: "/p/b" }],
    ["another byte", { ...WRITE, content: new Uint8Array([1, 3]) }],
    ["one byte more", { ...WRITE, content: new Uint8Array([1, 2, 0]) }],
    ["another member", { ...WRITE, extra: true }],
    ["text for bytes", { ...WRITE, content: "\u0001\u0002" }],
    ["other parents", { ...WRITE, createParents: true }],
  ])("differs for %s", (_, spec) => {
    expect(specDigest(spec)).not.toBe(specDigest(WRITE));
  });

  it.each([[{ n: 1.5 }], [{ n: Number.NaN }], [{ d: new Date() }], [{ s: "\ud800" }]])(
    "refuses what has no one form: %j",
    (spec) => {
      expect(() => specDigest(spec)).toThrow(expect.objectContaining({ code: "JSON_INVALID" }));
    },
  );
});
