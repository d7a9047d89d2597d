import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { formatEventStart, formatHeader, formatSeal, parseSegmentName } from "../../audit/format-record.ts";
import { parseRecord } from "../../audit/parse-record.ts";
import type { ClearField } from "../../audit/mod.ts";
import { createIds } from "../../core/mod.ts";
import { FakeClock, must } from "./support.ts";

const SEED = { seed: 20251120, numRuns: 300 };
function hex(length: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: length / 2, maxLength: length / 2 }).map((bytes) =>
    Buffer.from(bytes).toString("hex")
  );
}
function base64(min: number, max = min): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes).toString("base64"));
}
const number = fc.nat(Number.MAX_SAFE_INTEGER);
const clear = fc.record({
  event: fc.constantFrom("intent", "result", "session.start"),
  capability: fc.constantFrom("file_read", "shell_command"),
  decision: fc.constantFrom("allow", "deny"),
}, { requiredKeys: [] });
const event = fc.record({ seq: number, ts: number, prev: hex(64), clear: fc.option(clear), ct: base64(17, 2000) })
  .map(({ ct, prev, clear: values, ...rest }) => {
    const shown = values !== null && Object.keys(values).length === 0 ? null : values;
    return {
      line: `${formatEventStart({ ...rest, prev: `b2:${prev}`, clear: shown })}${ct}"}`,
      ...rest,
      prev: `b2:${prev}`,
      ct,
      clear: shown,
    };
  });
const checkpoint = fc.record({
  seq: number,
  ts: number,
  size: number,
  prev: hex(64),
  root: hex(64),
  next: base64(32),
  sig: base64(64),
})
  .map((all) =>
    `${formatSeal({ ...all, prev: `b2:${all.prev}`, root: `sha256:${all.root}` }, { next: all.next })}${all.sig}"}`
  );
const session = createIds(new FakeClock(), { bytes: (count) => new Uint8Array(count).fill(7) }).next("ses");
const text = fc.string({
  maxLength: 40,
  unit: fc.constantFrom("a", "b", " ", "0", "9", ":", "[", "]", "/", ".", "-", "~", "!"),
});
const header = fc.record({
  seg: fc.integer({ min: 1, max: 9 }),
  seq: number,
  prev: hex(64),
  previous: fc.option(fc.record({ file: text, bytes: number, size: number, root: hex(64), closed: fc.boolean() })),
  created: number,
  writer: fc.record({ pid: number, ns: text, boot: text, start: number, version: text, runtime: text }),
  policy: hex(64),
  clear: fc.constantFrom<readonly ClearField[]>([], ["event"], ["event", "decision"], ["capability", "runtime"]),
  to: fc.array(fc.record({ kid: hex(16), w: base64(80) }), { minLength: 1, maxLength: 3 }),
  commit: base64(32),
  pk: base64(32),
  id: base64(32),
  sig: base64(64),
}).map((all) => ({
  ...all,
  line: `${
    formatHeader({
      session,
      seg: all.seg,
      seq: all.seq,
      prev: `b2:${all.prev}`,
      prev_seg: all.previous === null ? null : { ...all.previous, root: `sha256:${all.previous.root}` },
      created: all.created,
      writer: all.writer,
      policy: `b2:${all.policy}` as never,
      clear: all.clear,
      to: all.to,
      commit: all.commit,
      pk: all.pk,
      id: all.id,
    })
  }${all.sig}"}`,
}));

describe("parseRecord()", () => {
  it("reads every event that the format can write", () => {
    fc.assert(
      fc.property(event, ({ line, seq, ts, prev, ct, clear: values }) => {
        expect(parseRecord(line)).toEqual({ t: "e", seq, ts, prev, ct: Buffer.from(ct, "base64"), clear: values });
      }),
      SEED,
    );
  });

  it("reads every header and checkpoint that the format can write", () => {
    fc.assert(
      fc.property(header, checkpoint, (h, c) => {
        expect(parseRecord(h.line)).toMatchObject({
          t: "h",
          seg: h.seg,
          seq: h.seq,
          writer: h.writer,
          to: h.to,
          sig: h.sig,
        });
        expect(parseRecord(c).t).toBe("c");
      }),
      SEED,
    );
  });

  it("refuses any two neighbouring fields in the other order", () => {
    fc.assert(
      fc.property(
        fc.oneof(event.map(({ line }) => line), checkpoint, header.map(({ line }) => line)),
        fc.nat(20),
        (line, at) => {
          const fields = Object.entries(JSON.parse(line) as Record<string, unknown>);
          const index = at % (fields.length - 1);
          const swapped = fields.with(index, must(fields[index + 1])).with(index + 1, must(fields[index]));
          expect(parseRecord(JSON.stringify(Object.fromEntries(swapped))).t).toBe("bad");
        },
      ),
      SEED,
    );
  });

  it("refuses a missing, a repeated and an unknown field", () => {
    fc.assert(
      fc.property(
        fc.oneof(event.map(({ line }) => line), checkpoint, header.map(({ line }) => line)),
        fc.nat(20),
        (line, at) => {
          const value = JSON.parse(line) as Record<string, unknown>;
          const names = Object.keys(value).filter((name) => name !== "clear");
          const name = must(names[at % names.length]);
          const { [name]: _gone, ...rest } = value;
          expect(parseRecord(JSON.stringify(rest)).t).toBe("bad");
          expect(parseRecord(line.replace(/\}$/, `,"${name}":${JSON.stringify(value[name])}}`)).t).toBe("bad");
          expect(parseRecord(line.replace(/\}$/, ',"x":1}')).t).toBe("bad");
        },
      ),
      SEED,
    );
  });

  it("refuses blanks, carriage returns and anything behind the record", () => {
    fc.assert(
      fc.property(event, fc.constantFrom(" ", "\t", "\r", "\n", "x"), ({ line }, extra) => {
        expect(parseRecord(line + extra).t).toBe("bad");
        expect(parseRecord(extra + line).t).toBe("bad");
        expect(parseRecord(line.replace(":", `:${extra}`)).t).toBe("bad");
      }),
      SEED,
    );
  });

  const zeros = "0".repeat(64);
  const start = `{"t":"e","seq":1,"ts":2,"prev":"b2:${zeros}","ct":"`;

  test.for(
    [
      ["01", "a leading zero"],
      ["1.0", "a fraction"],
      ["1e3", "an exponent"],
      ["-1", "a sign"],
      ["9007199254740993", "more than 2^53"],
      ['"1"', "a text"],
    ] as const,
  )("refuses the number %s: %s", ([spelling]) => {
    expect(parseRecord(`${start.replace('"seq":1', `"seq":${spelling}`)}AAAA"}`).t).toBe("bad");
  });

  test.for(
    [
      ["AAA", "no padding"],
      ["AAB=", "stray bits before one padding character"],
      ["AB==", "stray bits before two"],
      ["AA-_", "the URL alphabet"],
      ["A===", "three padding characters"],
      ["", "nothing"],
    ] as const,
  )("refuses the base64 %j: %s", ([ct]) => {
    expect(parseRecord(`${start}${ct}"}`).t).toBe("bad");
  });

  test.for(
    [
      ['{"event":"intent","event":"intent"}', "the same field twice"],
      ['{"decision":"deny","event":"intent"}', "another order"],
      ['{"event":"unheard"}', "an unknown word"],
      ['{"target":"file_read"}', "a field that must not be in clear"],
      ["{}", "an empty envelope"],
    ] as const,
  )("refuses the clear envelope %s: %s", ([envelope]) => {
    expect(parseRecord(start.replace('"ct"', `"clear":${envelope},"ct"`) + 'AAAA"}').t).toBe("bad");
  });

  it("refuses upper-case hex and escapes", () => {
    expect(parseRecord(`${start.replace(zeros, "A".repeat(64))}AAAA"}`).t).toBe("bad");
    expect(parseRecord(`${start}AAAA"}`.replace('"t"', '"\\u0074"')).t).toBe("bad");
  });

  it("names a format that it does not know instead of guessing", () => {
    expect(parseRecord('{"t":"h","v":"azlog/2","session":"x"}')).toMatchObject({ t: "bad", code: "FORMAT_UNKNOWN" });
    expect(parseRecord('{"t":"h","v":"azlog/1","session":"x"}')).toMatchObject({ t: "bad", code: "LINE_INVALID" });
  });

  it("takes hostile lines of full length in no time", () => {
    const lines = [
      `${start}${"A".repeat(65_000)}`,
      `{"t":"h","v":"azlog/1"${',"to":[{'.repeat(8000)}`,
      '{"t":"e","clear":{"a":'.repeat(3000),
    ];
    const began = performance.now();
    for (const line of lines) expect(parseRecord(line).t).toBe("bad");
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("parseSegmentName()", () => {
  test.for(
    [
      [`${session}.jsonl`, 1],
      [`${session}.2.jsonl`, 2],
      [`${session}.999999.jsonl`, 999_999],
      [`${session}.1.jsonl`, null],
      [`${session}.02.jsonl`, null],
      [`${session}.jsonl.bak`, null],
      ["ses_x.jsonl", null],
      ["HEADS", null],
    ] as const,
  )("reads %s", ([name, seg]) => expect(parseSegmentName(name)?.seg ?? null).toBe(seg));
});
