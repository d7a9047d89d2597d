import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader } from "../../../sandbox/wasm/frame-reader.ts";
import { decodeFrame, encodeFrame } from "../../../sandbox/wasm/guest/frames.ts";
import { createGuestLog } from "../../../sandbox/wasm/guest/guest-log.ts";
import { createSeededBytes } from "../../../sandbox/wasm/guest/seeded-bytes.ts";
import { sizeOf } from "../../../sandbox/wasm/guest/size-of.ts";
import { createPoll } from "../../../sandbox/wasm/guest/wasi-poll.ts";
import { readMessage } from "../../../sandbox/wasm/read-message.ts";

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe("frames", () => {
  it("carry any message, however it is cut into pieces", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (messages, cut) => {
        const all = Uint8Array.from(messages.flatMap((message) => [...encodeFrame(message)]));
        const got: unknown[] = [];
        const reader = createFrameReader({
          message: (message) => void got.push(message),
          broken: () => got.push("broken"),
        });
        for (let at = 0; at < all.length; at += cut) reader.add(Buffer.from(all.subarray(at, at + cut)));
        expect(got).toEqual(messages);
      }),
      { seed: 6, numRuns: 100 },
    );
  });
  it("hold copies of their bytes", () => {
    const frame = encodeFrame({ data: Uint8Array.of(1, 2) });
    const decoded = decodeFrame(frame) as { data: Uint8Array };
    frame.fill(0);
    expect([...decoded.data]).toEqual([1, 2]);
  });
  it("that are none are refused once, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 60 }), (bytes) => {
        let broken = 0;
        const messages: unknown[] = [];
        const reader = createFrameReader({ message: (message) => void messages.push(message), broken: () => broken++ });
        reader.add(bytes);
        reader.add(new Uint8Array(64));
        expect(broken).toBeLessThanOrEqual(1);
      }),
      { seed: 6, numRuns: 200 },
    );
    let broken = 0;
    const reader = createFrameReader({ message: () => {}, broken: () => broken++ });
    reader.add(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2, 0x7b, 0x7d));
    expect(broken).toBe(1);
  });
});

describe("readMessage()", () => {
  it("takes no message that a sound program does not send", () => {
    const done = { kind: "done", run: 1, fuelUsed: 1, calls: 1, memoryBytes: 1, logCut: false };
    for (
      const message of [
        null,
        {},
        { kind: "call", run: 1, seq: 0, iface: "filesystem", func: "read-file", args: [] },
        { kind: "call", run: 1, seq: 1, iface: "filesystem", func: "read-file", args: Array.from({ length: 9 }) },
        { kind: "log", run: 1, line: { level: "loud", message: "" } },
        { ...done, end: { kind: "failed", code: "PERMIT_INVALID", reason: "", hint: null } },
        { ...done, end: { kind: "output" } },
        { ...done, end: { kind: "output", text: "" }, fuelUsed: -1 },
        { ...done, end: { kind: "output", text: "" }, extra: 1 },
      ]
    ) expect(readMessage(message)).toBeNull();
    expect(readMessage({ ...done, end: { kind: "output", text: "x" } })).not.toBeNull();
  });
});

describe("createSeededBytes()", () => {
  it("repeats for a seed, and differs for the next one", () => {
    expect(createSeededBytes("call_1")(12)).toEqual(createSeededBytes("call_1")(12));
    expect(createSeededBytes("call_1")(12)).not.toEqual(createSeededBytes("call_2")(12));
    // A vector, so that it stays the same in every version and on every machine.
    expect(Buffer.from(createSeededBytes("call_1")(12)).toString("hex")).toMatchInlineSnapshot(
      `"9d18eedebef9376c1c6606b7"`,
    );
  });
  it("spreads over all bytes", () => {
    const counts = new Map<number, number>();
    for (const byte of createSeededBytes("x")(65_536)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    expect(counts.size).toBe(256);
    expect(Math.max(...counts.values())).toBeLessThan(400);
    expect(Math.min(...counts.values())).toBeGreaterThan(150);
  });
});

describe("createGuestLog()", () => {
  it("keeps lines and bytes within their caps, never half a character", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 30 }), { maxLength: 20 }), (messages) => {
        const kept: string[] = [];
        const log = createGuestLog({ logLines: 8, logBytes: 100 }, ({ message }) => void kept.push(message));
        for (const message of messages) log.add("info", message);
        expect(kept.length).toBeLessThanOrEqual(8);
        expect(kept.reduce((sum, line) => sum + Buffer.byteLength(line), 0)).toBeLessThanOrEqual(100);
        expect(kept.every((line) => line.isWellFormed())).toBe(true);
        const all = messages.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        const fits = messages.length <= 8 && all <= 100;
        expect(!fits || (!log.cut() && kept.join("\n") === messages.map((line) => line.toWellFormed()).join("\n")))
          .toBe(true);
      }),
      { seed: 6 },
    );
  });
});

describe("sizeOf()", () => {
  it("counts what is carried, and empty values too", () => {
    expect(sizeOf("é")).toBe(18);
    expect(sizeOf(new Uint8Array(100))).toBe(116);
    expect(sizeOf([[], [], []])).toBe(64);
    expect(sizeOf({ a: "xy", b: 1n, c: undefined })).toBe(16 + 18 + 16 + 16);
  });
});

describe("createPoll()", () => {
  it("waits for the first instant and tells which are ready", () => {
    let now = 0n;
    const poll = createPoll(() => now, (instant) => now = instant > now ? instant : now);
    const soon = poll.at(5n);
    const late = poll.at(9n);
    expect([...poll.poll([late, soon])]).toEqual([1]);
    expect(now).toBe(5n);
    expect([...poll.poll([late, poll.ready(), soon])]).toEqual([1, 2]);
    expect(() => poll.poll([])).toThrow(RangeError);
  });
});
