import { beforeAll, describe, expect, it } from "vitest";
import { loadSodium } from "../../../core/crypto/sodium.ts";
import { VaultKey } from "../../../core/vault/vault-key.ts";
import { codeOf, seededRandom, utf8 } from "../../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

const HANDLE = "handle://vault/a/token";
const META = { handle: HANDLE, note: null, created: 1, rotated: null, expires: null, bind: [] };

function key(id = "0".repeat(32)): VaultKey {
  return new VaultKey(new Uint8Array(32).fill(3), id);
}

// Whoever could forge the MAC of the file would still meet this.
describe("VaultKey", () => {
  const random = seededRandom();

  it("opens an entry only where it was sealed: handle, kind, version, vault", () => {
    const entry = key().seal({ kind: "secret", ver: 2, meta: META, value: utf8("fake-value") }, random);
    expect(key().openMeta(entry)).toEqual(META);
    expect(key().openValue(entry)).toEqual(utf8("fake-value"));
    const moved = [
      { ...entry, h: key().nameOf("handle://vault/b/token") },
      { ...entry, kind: "previous" as const },
      { ...entry, ver: 1 },
      { ...entry, mn: entry.vn, meta: entry.val },
    ];
    for (const other of moved) expect(codeOf(() => key().openMeta(other))).toBe("VAULT_TAMPERED");
    for (const other of moved.slice(0, 3)) expect(codeOf(() => key().openValue(other))).toBe("VAULT_TAMPERED");
    expect(codeOf(() => key().openValue({ ...entry, vn: entry.mn, val: entry.meta }))).toBe("VAULT_TAMPERED");
    expect(codeOf(() => key("1".repeat(32)).openValue(entry))).toBe("VAULT_TAMPERED");
  });

  it("uses fresh nonces, so that equal values look different", () => {
    const plain = { kind: "secret", ver: 1, meta: META, value: utf8("fake-value") } as const;
    const [a, b] = [key().seal(plain, random), key().seal(plain, random)];
    expect([a.val === b.val, a.meta === b.meta, a.h === b.h]).toEqual([false, false, true]);
  });

  it("checks a MAC, in any spelling of it", () => {
    const mac = key().mac("text");
    expect(key().holds("text", mac)).toBe(true);
    for (const wrong of ["", mac.slice(1), `${mac} `, key().mac("texu"), "=".repeat(44)]) {
      expect(key().holds("text", wrong)).toBe(false);
    }
  });
});
