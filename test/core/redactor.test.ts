import * as fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { createRedactor } from "../../core/create-redactor.ts";
import { loadSodium } from "../../core/crypto/sodium.ts";
import type { Redactor } from "../../core/redactor.ts";
import { spellingsOf } from "../../core/scanner/encodings.ts";
import { codeOf, seededRandom, text, utf8 } from "../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

const HANDLE = "handle://vault/demo/token";
const VALUE = 'fk_"Ab/c+d<=ef>~Z 9\u00e9';

function redactorWith(...values: readonly string[]): Redactor {
  const redactor = createRedactor({ random: seededRandom() });
  for (const value of values) redactor.add({ bytes: utf8(value), handle: HANDLE, class: "secret" });
  return redactor;
}

/** What a stream gives out when its input is cut at these places. */
function streamed(redactor: Redactor, bytes: Uint8Array, cuts: readonly number[]): string {
  const stream = redactor.stream();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    parts.push(stream.push(bytes.subarray(at, cut)).slice());
    at = cut;
  }
  parts.push(stream.end());
  return Buffer.concat(parts).toString("latin1");
}

/** The value in every spelling, wrapped, spaced, coloured and as UTF-16. */
const FORMS: readonly (readonly [string, Uint8Array])[] = [
  ...spellingsOf(utf8(VALUE)).map(({ encoding, bytes }) => [encoding, bytes] as const),
  ["wrapped base64", utf8(Buffer.from(VALUE).toString("base64").replaceAll(/.{8}/g, "$&\r\n"))],
  ["spaced hex", utf8(Buffer.from(VALUE).toString("hex").replaceAll(/../g, "$& "))],
  ["zero-width", utf8(Array.from(VALUE).join("\u200b"))],
  ["coloured", utf8(Array.from(VALUE).join("\u001b[1;31m"))],
  ["a hyperlink inside", utf8(VALUE.replace("c", "\u001b]8;;http://x\u0007c"))],
  ["UTF-16", new Uint8Array(Buffer.from("fk_Ab0cd1ef2Z9", "utf16le"))],
];

describe("mask()", () => {
  test.for(FORMS)("masks the value as %s", ([, form]) => {
    const redactor = redactorWith(VALUE, "fk_Ab0cd1ef2Z9");
    const masked = redactor.mask(`<<${text(form)}>>`);
    expect(masked.text).toMatch(/^<<(?:\[SECRET_[A-Z2-7]{8}\]|[A-Za-z0-9+/=_-]|\0)+\s*>>$/);
    expect(masked.redactions).toEqual([{ class: "secret", count: 1, by: "exact" }]);
  });

  it("gives the same value the same placeholder in one session, and another in the next", () => {
    const redactor = redactorWith(VALUE);
    const plain = redactor.mask(VALUE).text;
    expect(redactor.mask(Buffer.from(VALUE).toString("hex")).text).toBe(plain);
    const other = createRedactor({ random: seededRandom("other session") });
    other.add({ bytes: utf8(VALUE), handle: HANDLE, class: "secret" });
    expect(other.mask(VALUE).text).not.toBe(plain);
  });

  it("changes nothing else, not even a lone surrogate or a byte order mark", () => {
    const redactor = redactorWith("faketoken123");
    const odd = "\ufeff\ud800 é\udc00";
    expect(redactor.mask(odd).text).toBe(odd);
    expect(redactor.mask(`${odd}faketoken123${odd}`).text).toMatch(
      /^\ufeff\ud800 é\udc00\[SECRET_.{8}\]\ufeff\ud800 é\udc00$/,
    );
  });

  it("is idempotent", () => {
    const redactor = redactorWith("faketoken123");
    const once = redactor.mask("faketoken123 https://me:faketoken123@host https://me:pw@host").text;
    expect(redactor.mask(once)).toEqual({ text: once, redactions: [] });
  });

  it("masks user-info of URLs, with no value known at all", () => {
    const masked = redactorWith().mask("git push https://me:fakepass@host/x");
    expect(masked.text).toMatch(/^git push https:\/\/\[CREDENTIAL_[A-Z2-7]{8}\]@host\/x$/);
    expect(masked.redactions).toEqual([{ class: "credential", count: 1, by: "url-userinfo" }]);
  });

  it("masks a known value inside user-info as the value", () => {
    expect(redactorWith("faketoken123").mask("https://me:faketoken123@host").text).toMatch(
      /^https:\/\/\[SECRET_.{8}\]@host$/,
    );
  });

  it("names credentials of the environment so", () => {
    const redactor = createRedactor({ random: seededRandom() });
    redactor.add({ bytes: utf8("faketoken123"), handle: null, class: "credential" });
    expect(redactor.mask("faketoken123")).toMatchObject({
      text: expect.stringMatching(/^\[CREDENTIAL_/),
      redactions: [{ class: "credential", count: 1, by: "exact" }],
    });
  });

  it("costs microseconds without values", () => {
    const redactor = redactorWith();
    const start = performance.now();
    for (let i = 0; i < 10_000; i++) redactor.mask(`event ${i} of a session`);
    expect((performance.now() - start) / 10_000).toBeLessThan(0.1);
  });
});

describe("add()", () => {
  test.for(
    [["seven b", "SECRET_TOO_SHORT"], ["a b c d e f g", "SECRET_TOO_SHORT"], ["aaabbbccc", "SECRET_TOO_SHORT"], [
      "x".repeat(65_537),
      "SECRET_INVALID",
    ]] as const,
  )("refuses %j", ([value, code]) => expect(codeOf(() => redactorWith(value))).toBe(code));

  it("takes the largest value", () => {
    const value = Array.from({ length: 65_536 }, (_, i) => String.fromCharCode(97 + ((i * 7 + (i >> 4)) % 26))).join(
      "",
    );
    const redactor = redactorWith(value);
    expect(redactor.mask(`<${value}>`).text).toMatch(/^<\[SECRET_.{8}\]>$/);
  });

  it("knows a value that was added without a handle by its handle later", () => {
    const redactor = createRedactor({ random: seededRandom() });
    redactor.add({ bytes: utf8("faketoken123"), handle: null, class: "secret" });
    redactor.add({ bytes: utf8("faketoken123"), handle: HANDLE, class: "secret" });
    expect(redactor.find("faketoken123")).toMatchObject([{ handle: HANDLE }]);
  });

  it("counts for streams that are already open", () => {
    const redactor = redactorWith("faketoken123");
    const stream = redactor.stream();
    const out = [stream.push(utf8("new"))];
    redactor.add({ bytes: utf8("newsecret456"), handle: null, class: "secret" });
    out.push(
      stream.push(utf8(" newsec")),
      stream.push(utf8("ret456 faket")),
      stream.push(utf8("oken123")),
      stream.end(),
    );
    expect(text(Buffer.concat(out))).toMatch(/^new \[SECRET_.{8}\] \[SECRET_.{8}\]$/);
  });
});

describe("find()", () => {
  it("tells handle, encoding and place", () => {
    const redactor = redactorWith("faketoken123");
    expect(redactor.find(`é ${Buffer.from("faketoken123").toString("base64")}`)).toEqual([
      { handle: HANDLE, encoding: "base64", start: 2, end: 18 },
    ]);
    expect(redactor.findBytes(utf8("é faketoken123"))).toEqual([{
      handle: HANDLE,
      encoding: "raw",
      start: 3,
      end: 15,
    }]);
  });

  it("does not take user-info for a known value", () => {
    expect(redactorWith("faketoken123").find("https://me:pw@host")).toEqual([]);
  });
});

describe("hasPlaceholder()", () => {
  it("knows only what this session issued", () => {
    const redactor = redactorWith("faketoken123");
    const issued = redactor.mask("faketoken123").text;
    expect(redactor.hasPlaceholder(`x ${issued} y`)).toBe(true);
    for (
      const forged of [
        "[SECRET_AAAAAAAA]",
        issued.replace("SECRET", "EMAIL"),
        issued.slice(1),
        issued.toLowerCase(),
        "",
      ]
    ) {
      expect(redactor.hasPlaceholder(forged)).toBe(false);
    }
    expect(redactorWith().hasPlaceholder(issued)).toBe(false);
  });

  it("does not resolve: a forged placeholder stays plain text", () => {
    expect(redactorWith("faketoken123").mask("[SECRET_AAAAAAAA]")).toEqual({
      text: "[SECRET_AAAAAAAA]",
      redactions: [],
    });
  });
});

describe("stream()", () => {
  it("gives the same output for every split position of every spelling, single bytes included", () => {
    let splits = 0;
    for (const [, form] of FORMS) {
      const bytes = Buffer.concat([
        utf8("a https://u:p@h "),
        form,
        utf8(" \u001b[0m"),
        form.subarray(0, 5),
        utf8(" z"),
      ]);
      const whole = redactorWith(VALUE, "fk_Ab0cd1ef2Z9");
      const expected = Buffer.from(whole.maskBytes(bytes).bytes).toString("latin1");
      expect(whole.maskBytes(bytes).redactions).toMatchObject([{ by: "url-userinfo", count: 1 }, {
        by: "exact",
        count: 1,
      }]);
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(streamed(whole, bytes, [cut])).toBe(expected);
        splits++;
      }
      expect(streamed(whole, bytes, Array.from(bytes, (_, at) => at))).toBe(expected);
    }
    expect(splits).toBeGreaterThan(1500);
  });

  it("gives the same output for any cuts of any text", () => {
    const piece = fc.constantFrom(
      VALUE,
      VALUE.slice(0, 7),
      "fk_Ab0cd1ef2Z9",
      "fk_Ab0",
      "\u001b[1m",
      "\u001b",
      "\u200b",
      " ",
      "\u00e2",
      "https://a:b@c",
      "://",
      "@",
      "\u009b1",
    );
    const source = fc.array(piece, { maxLength: 12 }).map((pieces) => utf8(pieces.join("")));
    fc.assert(
      fc.property(source, fc.array(fc.nat(), { maxLength: 6 }), (bytes, places) => {
        const whole = redactorWith(VALUE, "fk_Ab0cd1ef2Z9");
        const cuts = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
        expect(streamed(whole, bytes, cuts)).toBe(Buffer.from(whole.maskBytes(bytes).bytes).toString("latin1"));
      }),
      { seed: 7, numRuns: 300 * Number(process.env["AZ_SCALE"] ?? "1") },
    );
  });

  it("gives the same output for arbitrary bytes", () => {
    const unit = fc.constantFrom(
      0x66,
      0x6b,
      0x5f,
      0x41,
      0x62,
      0x30,
      0xc2,
      0xad,
      0xe2,
      0x80,
      0x8b,
      0x1b,
      0x5b,
      0x6d,
      0x9b,
      0x20,
      0x3a,
      0x2f,
      0x40,
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 6 }), (units, places) => {
        const bytes = Uint8Array.from(units);
        const whole = redactorWith(VALUE, "fk_Ab0cd1ef2Z9");
        const cuts = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
        expect(streamed(whole, bytes, cuts)).toBe(Buffer.from(whole.maskBytes(bytes).bytes).toString("latin1"));
      }),
      { seed: 7, numRuns: 300 * Number(process.env["AZ_SCALE"] ?? "1") },
    );
  });

  it("lets through at once what can be no match, and holds what can", () => {
    const stream = redactorWith("faketoken123").stream();
    expect(text(stream.push(utf8("Password: ")))).toBe("Password: ");
    expect(text(stream.push(utf8("fake")))).toBe("");
    expect(text(stream.push(utf8("!")))).toBe("fake!");
    // The last letter of a value is the first of the same value reversed.
    expect(text(stream.push(utf8("faketoken123")))).toBe("");
    expect(text(stream.push(utf8("!")))).toMatch(/^\[SECRET_.{8}\]!$/);
    expect(stream.redactions).toEqual([{ class: "secret", count: 1, by: "exact" }]);
  });

  it("drops what is held when it is not ended", () => {
    const stream = redactorWith("faketoken123").stream();
    expect(text(stream.push(utf8("x faketoken12")))).toBe("x ");
  });

  it("holds no more than a few pages, whatever comes", () => {
    const stream = redactorWith("faketoken123").stream();
    let out = 0;
    stream.push(utf8("fake"));
    for (let i = 0; i < 100; i++) out += stream.push(new Uint8Array(65_536)).length;
    expect(100 * 65_536 - out).toBeLessThan(200_000);
  });
});
