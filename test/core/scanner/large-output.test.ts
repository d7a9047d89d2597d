import { beforeAll, describe, expect, it } from "vitest";
import { createRedactor } from "../../../core/create-redactor.ts";
import { loadSodium } from "../../../core/crypto/sodium.ts";
import { seededRandom, utf8 } from "../../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

const MEGABYTE = 1_000_000;

describe("an output of 100 MB", () => {
  it("passes in bounded memory, every value in it masked, wherever the chunks are cut", () => {
    const redactor = createRedactor({ random: seededRandom() });
    for (let i = 0; i < 50; i++) {
      redactor.add({ bytes: utf8(`fake-token-number-${i}-xyz`), handle: null, class: "secret" });
    }
    const value = utf8("fake-token-number-7-xyz");
    const block = new Uint8Array(MEGABYTE).fill(0x61);
    for (let at = 79; at < MEGABYTE; at += 80) block[at] = 0x0a;
    block.set(value, 500_003);
    const stream = redactor.stream();
    let [given, most, passed] = [0, 0, 0];
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 100; round++) {
      // 65,536 does not divide a million: the value is cut somewhere else each time.
      for (let at = 0; at < MEGABYTE; at += 65_536) {
        const piece = block.subarray(at, Math.min(at + 65_536, MEGABYTE));
        given += piece.length;
        passed += stream.push(piece).length;
      }
      most = Math.max(most, process.memoryUsage().rss - before);
    }
    passed += stream.end().length;
    const mask = "[SECRET_AAAAAAAA]".length;
    expect(stream.redactions).toEqual([{ class: "secret", count: 100, by: "exact" }]);
    expect(passed).toBe(given - 100 * (value.length - mask));
    expect(most).toBeLessThan(96 * MEGABYTE);
  });
});
