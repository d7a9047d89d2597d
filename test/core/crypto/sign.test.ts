import { beforeAll, describe, expect, it } from "vitest";
import { sign, verifySignature } from "../../../core/crypto/sign.ts";
import { loadSodium, sodium } from "../../../core/crypto/sodium.ts";
import { toHex } from "../../../core/digest.ts";
import { utf8 } from "../../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

describe("sign()", () => {
  it("is Ed25519 as in RFC 8032, test 2", () => {
    const seed = Buffer.from("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "hex");
    const pair = sodium().crypto_sign_seed_keypair(new Uint8Array(seed));
    const signature = sign(Uint8Array.of(0x72), pair.privateKey);
    expect(toHex(signature).slice(0, 32)).toBe("92a009a9f0d4cab8720e820b5f642540");
    expect(verifySignature(signature, Uint8Array.of(0x72), pair.publicKey)).toBe(true);
  });

  it("is refused for anything changed or malformed, without throwing", () => {
    const pair = sodium().crypto_sign_seed_keypair(new Uint8Array(32).fill(1));
    const signature = sign("message", pair.privateKey);
    expect(verifySignature(signature, utf8("message"), pair.publicKey)).toBe(true);
    expect(verifySignature(signature, "massage", pair.publicKey)).toBe(false);
    expect(verifySignature(signature.toReversed(), "message", pair.publicKey)).toBe(false);
    expect(verifySignature(signature.subarray(1), "message", pair.publicKey)).toBe(false);
    expect(verifySignature(signature, "message", pair.publicKey.subarray(1))).toBe(false);
    expect(verifySignature(new Uint8Array(64), "message", new Uint8Array(32))).toBe(false);
  });
});
