import { describe, expect, it } from "vitest";
import { spellingsOf } from "../../../core/scanner/encodings.ts";
import { withoutIgnored } from "../../../core/scanner/ignored.ts";
import { text, utf8 } from "../../support/core-rig.ts";

function spelled(value: string, encoding: string): readonly string[] {
  return spellingsOf(utf8(value)).filter((spelling) => spelling.encoding === encoding).map(({ bytes }) => text(bytes));
}

describe("spellingsOf()", () => {
  it("lists plain, hex, base64 at three alignments and reversed for a simple value", () => {
    const all = spellingsOf(utf8("faketoken123")).map(({ encoding, bytes }) => `${encoding} ${text(bytes)}`);
    expect(all).toEqual([
      "raw faketoken123",
      "url %66%61%6B%65%74%6F%6B%65%6E%31%32%33",
      "url %66%61%6b%65%74%6f%6b%65%6e%31%32%33",
      "hex 66616b65746f6b656e313233",
      "hex 66616B65746F6B656E313233",
      "base64 ZmFrZXRva2VuMTIz",
      "base64 Zha2V0b2tlbjEyM",
      "base64 mYWtldG9rZW4xMj",
      "reversed 321nekotekaf",
    ]);
  });

  it("escapes for JSON as JSON.stringify, PHP, Go and Python do", () => {
    expect(spelled('a"b\\c/d<é>', "json")).toEqual([
      'a\\"b\\\\c/d<é>',
      'a\\"b\\\\c\\/d<é>',
      'a\\"b\\\\c/d\\u003cé\\u003e',
      'a\\"b\\\\c/d\\u003Cé\\u003E',
      'a\\"b\\\\c/d<\\u00e9>',
      'a\\"b\\\\c/d<\\u00E9>',
      'a\\"b\\\\c\\/d<\\u00e9>',
      'a\\"b\\\\c\\/d<\\u00E9>',
    ]);
  });

  it("escapes for URLs: unreserved characters as they are, and every byte, both cases", () => {
    expect(spelled("a-b_c.d~e/f+g", "url")).toEqual([
      "a-b_c.d~e%2Ff%2Bg",
      "a-b_c.d~e/f%2Bg",
      "%61%2D%62%5F%63%2E%64%7E%65%2F%66%2B%67",
      "a-b_c.d~e%2ff%2bg",
      "a-b_c.d~e/f%2bg",
      "%61%2d%62%5f%63%2e%64%7e%65%2f%66%2b%67",
    ]);
    expect(spelled("pass word é!", "url").slice(0, 2)).toEqual(["pass%20word%20%C3%A9%21", "pass+word+%C3%A9%21"]);
  });

  it("escapes for URLs as the usual functions do", () => {
    const value = "it's (a) *b*! c/d?e=f&g#h";
    const forms = spelled(value, "url");
    for (
      const form of [encodeURIComponent(value), encodeURI(value), new URLSearchParams({ v: value }).toString().slice(2)]
    ) {
      expect(forms).toContain(form);
    }
  });

  it("escapes for HTML with the usual spellings of quotes", () => {
    expect(spelled(`a<b>&"'`, "html")).toEqual([
      "a&lt;b&gt;&amp;&quot;&#39;",
      "a&lt;b&gt;&amp;&#34;&#39;",
      "a&lt;b&gt;&amp;&quot;&#x27;",
      "a&lt;b&gt;&amp;&quot;&apos;",
      "a&lt;b&gt;&amp;&quot;'",
      `a&lt;b&gt;&amp;"'`,
    ]);
  });

  it("quotes for POSIX shells in every usual way", () => {
    expect(spelled(`a'b"c$d`, "shell")).toEqual([
      `a'\\''b"c$d`,
      `a'"'"'b"c$d`,
      `a\\'b"c$d`,
      `a'b\\"c\\$d`,
      `a\\'b\\"c\\$d`,
    ]);
  });

  it("takes only the characters of base64 that the value alone decides", () => {
    for (const before of ["", "x", "xy", "xyz"]) {
      for (const after of ["", "p", "pq"]) {
        const whole = Buffer.from(`${before}fake+token/123${after}`).toString("base64");
        expect([...spelled("fake+token/123", "base64")].some((form) => whole.includes(form))).toBe(true);
      }
    }
  });

  it("has no base64url of its own where both alphabets agree, and one where they differ", () => {
    expect(spelled("faketoken123", "base64url")).toEqual([]);
    expect(spelled("~~~???~~~???", "base64url").join()).toMatch(/[-_]/);
  });

  it("leaves out what the scanner ignores, in every spelling", () => {
    for (const { bytes } of spellingsOf(utf8("two words\u200b\n-----END-----"))) {
      expect(withoutIgnored(bytes)).toEqual(bytes);
    }
  });

  it("works for bytes that are no text", () => {
    const value = Uint8Array.from({ length: 16 }, (_, i) => 0x80 + i * 7);
    const kinds = new Set(spellingsOf(value).map((spelling) => spelling.encoding));
    expect([...kinds].toSorted()).toEqual(["base64", "base64url", "hex", "raw", "reversed", "url"]);
  });

  it("reverses by character, not by byte", () => {
    expect(spelled("ab\u00e9\u{1f600}cdefg", "reversed")).toEqual(["gfedc\u{1f600}\u00e9ba"]);
  });
});
