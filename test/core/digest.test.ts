import { beforeAll, describe, expect, it, test } from "vitest";
import { loadSodium } from "../../core/crypto/sodium.ts";
import {
  b2,
  blake2b,
  digestOf,
  isDigest,
  isSha256,
  parseDigest,
  parseSha256,
  sha256,
  toHex,
} from "../../core/digest.ts";
import { codeOf, utf8 } from "../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

describe("b2()", () => {
  it("is BLAKE2b-256", () => {
    // From the test vectors of the BLAKE2 reference code (b2sum -l 256).
    expect(b2("abc")).toBe("b2:bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    expect(b2(utf8("abc"))).toBe(b2("abc"));
  });
});

describe("blake2b()", () => {
  it("is BLAKE2b-512 as in RFC 7693, appendix A", () => {
    expect(toHex(blake2b(utf8("abc"), 64)).slice(0, 32)).toBe("ba80a53f981c4d0d6a2797b69f12f6e9");
  });

  it("depends on its key", () => {
    const keyed = blake2b(utf8("abc"), 32, utf8("key"));
    expect(toHex(keyed)).not.toBe(toHex(blake2b(utf8("abc"))));
    expect(keyed).toHaveLength(32);
  });
});

describe("sha256()", () => {
  it("is SHA-256", () => {
    expect(sha256("abc")).toBe("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("digestOf()", () => {
  it("does not depend on the order of keys", () => expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 })));
});

describe("parseDigest()", () => {
  const hex = "0".repeat(64);
  test.for(
    [
      ["b2", `b2:${hex}`, true, false],
      ["sha256", `sha256:${hex}`, false, true],
      ["upper case", `b2:${"A".repeat(64)}`, false, false],
      ["too short", `b2:${hex.slice(1)}`, false, false],
      ["a line feed", `b2:${hex}\n`, false, false],
      ["bare hex", hex, false, false],
    ] as const,
  )("%s", ([, value, isB2, isSha]) => {
    expect([isDigest(value), isSha256(value)]).toEqual([isB2, isSha]);
    expect([codeOf(() => parseDigest(value)), codeOf(() => parseSha256(value))]).toEqual([
      isB2 ? null : "DIGEST_INVALID",
      isSha ? null : "DIGEST_INVALID",
    ]);
  });
});
