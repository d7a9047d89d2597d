import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { AuditEvent } from "../../audit/mod.ts";
import { decodeEvent, encodeEvent, EVENT_FIELDS, MAX_EVENT_BYTES, MAX_TEXT_BYTES } from "../../audit/event-json.ts";
import { loadSodium } from "../../core/mod.ts";
import { must } from "./support.ts";

await loadSodium();
function same(text: string): string {
  return text;
}
const SEED = { seed: 20251120, numRuns: 300 };

describe("encodeEvent()", () => {
  it("writes fields in the order of the format, whatever order they come in", () => {
    const json = encodeEvent({ result: { ms: 3, status: "ok" }, tool: "read", event: "result", call: "call_1" }, same);
    expect(json).toBe('{"event":"result","call":"call_1","tool":"read","result":{"status":"ok","ms":3}}');
  });

  it("leaves out what is absent", () => {
    expect(encodeEvent({ event: "intent", tool: null, reason: undefined, skill: {} }, same)).toBe(
      '{"event":"intent","skill":{}}',
    );
  });

  it("masks every free text, at any depth, and nothing else", () => {
    const json = encodeEvent({
      event: "intent",
      execution_id: "exe_01K9ABCDEFGHJKMNPQRSTVWXYZ",
      capability: "file_read",
      reason: "saw hunter2hunter2",
      sources: ["hunter2hunter2"],
      actions: [{ target: "/x/hunter2hunter2", rule: "hunter2hunter2" }],
      model: { name: "hunter2hunter2" },
      network: { host: "hunter2hunter2.example" },
      correlation: "hunter2hunter2",
      skill: { id: "hunter2hunter2" },
      approval: { channel: "hunter2hunter2" },
      secret_handles: ["hunter2hunter2"],
      redactions: [{ by: "hunter2hunter2" }],
      result: { error: { code: "X", message: "hunter2hunter2" } },
    }, (text) => text.replaceAll("hunter2hunter2", "[SECRET_AAAAAAAA]"));
    expect(json).not.toContain("hunter2");
    expect(json.match(/SECRET_AAAAAAAA/g)).toHaveLength(12);
    expect(json).toContain("exe_01K9ABCDEFGHJKMNPQRSTVWXYZ");
  });

  it("masks before it cuts, so that no part of a value is left at the edge", () => {
    const secret = "s3cr3t-value-that-is-long-enough";
    for (let before = 4040; before < 4100; before++) {
      const json = encodeEvent(
        { event: "intent", reason: "x".repeat(before) + secret },
        (text) => text.replaceAll(secret, "[SECRET_AAAAAAAA]"),
      );
      for (let length = 6; length <= secret.length; length++) {
        expect(json.includes(secret.slice(0, length))).toBe(false);
      }
    }
  });

  it("cuts long texts without splitting a character and says by how much", () => {
    const json = encodeEvent({ event: "intent", reason: "é".repeat(5000) }, same);
    const reason = (JSON.parse(json) as { reason: string }).reason;
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    expect(reason).toMatch(/^é+…\(\+\d+ bytes\)$/);
    const kept = reason.replace(/….*/, "");
    expect(reason).toContain(`(+${10_000 - Buffer.byteLength(kept)} bytes)`);
  });

  it("keeps 64 actions, then says how many more and a digest of them all", () => {
    const actions = Array.from(
      { length: 70 },
      (_, index) => ({ capability: "file_read" as const, target: `/a/${index}` }),
    );
    const written = JSON.parse(encodeEvent({ event: "intent", actions }, same)) as {
      actions: { more?: number; digest?: string }[];
    };
    expect(written.actions).toHaveLength(65);
    expect(written.actions.at(-1)).toEqual({ more: 6, digest: expect.stringMatching(/^b2:[0-9a-f]{64}$/) });
    const other = JSON.parse(
      encodeEvent({ event: "intent", actions: actions.with(69, { capability: "file_read", target: "/b" }) }, same),
    ) as typeof written;
    expect(other.actions.at(-1)?.digest).not.toBe(written.actions.at(-1)?.digest);
  });

  it("never exceeds 32 KiB, however much comes", () => {
    const wild = '\u0000\u0001"\\'.repeat(3000);
    const event: AuditEvent = {
      event: "intent",
      reason: wild,
      action: wild,
      tool: wild,
      sources: Array.from({ length: 200 }, () => wild),
      secret_handles: Array.from({ length: 200 }, () => wild),
      actions: Array.from({ length: 500 }, () => ({ target: wild, rule: wild })),
      redactions: Array.from({ length: 500 }, () => ({ by: wild })),
      skill: { id: wild, version: wild, publisher: wild, digest: wild, fingerprint: wild, run: wild },
    };
    const json = encodeEvent(event, same);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    expect(decodeEvent(json)).not.toBeNull();
  });

  test.for(
    [
      ["an unknown capability", { event: "intent", capability: "fly" }],
      ["an unknown event", { event: "hello" }],
      ["a text where a number belongs", { event: "intent", turn: "3" }],
      ["a number that is none", { event: "intent", bytes_in: Number.NaN }],
      ["a number where a text belongs", { event: "intent", reason: 3 }],
      ["a text where a list belongs", { event: "intent", sources: "x" }],
      ["a list where an object belongs", { event: "intent", skill: [] }],
    ] as const,
  )("refuses %s", ([, event]) => {
    expect(() => encodeEvent(event as unknown as AuditEvent, same)).toThrow(
      expect.objectContaining({ code: "EVENT_INVALID" }),
    );
  });

  it("never tells a value in a refusal", () => {
    expect(() => encodeEvent({ event: "intent", capability: "hunter2" as never }, same)).not.toThrow(/hunter2/);
  });

  it("has a place for every field of an event", () => {
    expect(EVENT_FIELDS.join(" ")).toBe(
      "event execution_id call parent_id turn session_id timestamp mono_ms trace_id span_id correlation actor model " +
        "action tool capability classification actions decision rule layer reason policy obligations tainted sources " +
        "runtime sandbox skill approval secret_handles network redactions bytes_in bytes_out tag_in tag_out result",
    );
  });
});

describe("decodeEvent()", () => {
  const event = fc.record({
    event: fc.constantFrom("intent", "result", "approval"),
    call: fc.string(),
    turn: fc.nat(),
    reason: fc.string({ unit: "binary" }),
    tainted: fc.boolean(),
    sources: fc.array(fc.string(), { maxLength: 5 }),
    actions: fc.array(fc.record({ target: fc.string(), decision: fc.constantFrom("allow", "deny") }), { maxLength: 5 }),
    result: fc.record({ status: fc.constantFrom("ok", "error"), ms: fc.nat() }),
  }, { requiredKeys: ["event"] });

  it("reads what encodeEvent() wrote", () => {
    fc.assert(
      fc.property(event, fc.nat(300), (value, padding) => {
        const json = encodeEvent(value, same);
        const read = decodeEvent(json + " ".repeat(padding));
        expect(read).not.toBeNull();
        expect(encodeEvent(must(read), same)).toBe(json);
      }),
      SEED,
    );
  });

  test.for(
    [
      ["fields in another order", '{"call":"a","event":"intent"}'],
      ["a field twice", '{"event":"intent","event":"intent"}'],
      ["an unknown field", '{"event":"intent","note":"x"}'],
      ["an unknown word", '{"event":"intent","decision":"maybe"}'],
      ["blanks inside", '{"event": "intent"}'],
      ["a null", '{"event":"intent","tool":null}'],
      ["a number in another spelling", '{"event":"intent","turn":1.0}'],
      ["an escape that is not needed", '{"event":"\\u0069ntent"}'],
      ["no event", '{"call":"a"}'],
      ["no object", "[]"],
      ["a newline behind", '{"event":"intent"}\n'],
      ["nothing", ""],
    ] as const,
  )("refuses %s", ([, json]) => expect(decodeEvent(json)).toBeNull());
});
