import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  expandHandle,
  handleProvider,
  isHandle,
  MAX_HANDLE_BYTES,
  mentionsHandle,
  parseHandle,
} from "../../core/handle.ts";
import { codeOf } from "../support/core-rig.ts";

describe("isHandle()", () => {
  test.for(
    [
      ["handle://vault/github/token", true],
      ["handle://env/a/b", true],
      ["handle://file/a.b/c_d-e", true],
      ["handle://cmd/0/1", true],
      [`handle://vault/${"a".repeat(64)}/${"b".repeat(64)}`, true],
      [`handle://vault/${"a".repeat(65)}/b`, false],
      ["handle://vault/github", false],
      ["handle://vault/github/token/", false],
      ["handle://vault/github/token/x", false],
      ["handle://vault//token", false],
      ["handle://keychain/a/b", false],
      ["Handle://vault/a/b", false],
      ["handle://vault/A/b", false],
      ["handle://vault/a/b?x", false],
      ["handle://vault/a/b#x", false],
      ["handle://vault/a/%62", false],
      ["handle://vault/a/b ", false],
      [" handle://vault/a/b", false],
      ["handle://vault/a/b\n", false],
      ["handle://vault/../b", false],
      ["handle://vault/a/b..c", false],
      ["handle://vault/.a/b", false],
      ["handle://vault/-a/b", false],
      ["handle://vault/\u0430/b", false],
      ["handle:/vault/a/b", false],
      ["key:acme", false],
      ["", false],
      [null, false],
      [["handle://vault/a/b"], false],
    ] as const,
  )("%j: %j", ([value, expected]) => expect(isHandle(value)).toBe(expected));

  it("never accepts more than 160 bytes, nor anything but ASCII", () => {
    const parts = fc.string({ unit: "grapheme", maxLength: 90 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const handle = `handle://vault/${a}/${b}`;
        const fits = Buffer.byteLength(handle) <= MAX_HANDLE_BYTES && /^[ -~]*$/.test(handle);
        expect(isHandle(handle) && !fits).toBe(false);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe("expandHandle()", () => {
  it("takes group/name for a handle of the vault, and nothing else", () => {
    expect(expandHandle("github/token")).toBe("handle://vault/github/token");
    expect(expandHandle("handle://env/a/b")).toBe("handle://env/a/b");
    for (const wrong of ["github", "a/b/c", "/a/b", "A/b", "a/..", "", "a/b\n"]) {
      expect(codeOf(() => expandHandle(wrong))).toBe("SECRET_HANDLE");
    }
  });
});

describe("handleProvider()", () => {
  it("reads the provider", () => expect(handleProvider(parseHandle("handle://cmd/a/b"))).toBe("cmd"));
});

describe("mentionsHandle()", () => {
  test.for([["x=handle://vault/a/b", true], ["HANDLE://VAULT/A/B", true], ["handle", false], ["", false]] as const)(
    "%j: %j",
    ([value, expected]) => expect(mentionsHandle(value)).toBe(expected),
  );
});
