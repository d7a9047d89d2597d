import { beforeAll, describe, expect, it } from "vitest";
import { seal, sealTo, unseal, unsealFrom } from "../../../core/crypto/seal.ts";
import { loadSodium, sodium } from "../../../core/crypto/sodium.ts";
import { seededRandom, utf8 } from "../../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

const KEY = new Uint8Array(32).fill(7);
const random = seededRandom();

describe("seal()", () => {
  it("opens with the same key and place, with nothing else", () => {
    const sealed = seal(KEY, utf8("fake-value"), { aad: "here", random });
    expect(unseal(KEY, sealed, "here")).toEqual(utf8("fake-value"));
    expect(unseal(KEY, sealed, "there")).toBeNull();
    expect(unseal(new Uint8Array(32), sealed, "here")).toBeNull();
    expect(unseal(KEY.subarray(1), sealed, "here")).toBeNull();
    expect(unseal(KEY, { ...sealed, nonce: new Uint8Array(24) }, "here")).toBeNull();
    expect(unseal(KEY, { nonce: new Uint8Array(3), bytes: new Uint8Array(3) }, "here")).toBeNull();
  });

  it("finds every flipped bit", () => {
    const sealed = seal(KEY, utf8("fake"), { aad: "", random });
    for (let bit = 0; bit < sealed.bytes.length * 8; bit++) {
      const bytes = sealed.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(KEY, { ...sealed, bytes }, "")).toBeNull();
    }
  });

  it("never uses a nonce twice", () => {
    const nonces = new Set(Array.from({ length: 50 }, () => seal(KEY, utf8("x"), { aad: "", random }).nonce.join()));
    expect(nonces.size).toBe(50);
  });
});

describe("sealTo()", () => {
  it("opens for its recipient only", () => {
    const secretKey = random.bytes(32);
    const pair = { secretKey, publicKey: sodium().crypto_scalarmult_base(secretKey) };
    const box = sealTo(pair.publicKey, utf8("fake-value"));
    expect(unsealFrom(pair, box)).toEqual(utf8("fake-value"));
    expect(unsealFrom({ ...pair, secretKey: random.bytes(32) }, box)).toBeNull();
    expect(unsealFrom(pair, box.subarray(1))).toBeNull();
    expect(unsealFrom(pair, new Uint8Array(3))).toBeNull();
  });
});
