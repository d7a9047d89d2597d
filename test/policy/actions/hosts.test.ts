import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHost, parseUrl } from "../../../policy/actions/hosts.ts";
import { outcomeOf } from "./plan.ts";

describe("parseUrl()", () => {
  it.for(
    [
      ["https://docs.example.com/a?b=c#d", "https://docs.example.com/a?b=c", "docs.example.com", 443],
      ["HTTP://Docs.Example.COM.:8080", "http://docs.example.com:8080/", "docs.example.com", 8080],
      ["https://docs.example.com:443/", "https://docs.example.com/", "docs.example.com", 443],
      ["http://x.example", "http://x.example/", "x.example", 80],
      ["https://bücher.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443],
      ["https://0x7f.1/", "https://127.0.0.1/", "127.0.0.1", 443],
      ["https://2130706433/", "https://127.0.0.1/", "127.0.0.1", 443],
      ["https://127.1./", "https://127.0.0.1/", "127.0.0.1", 443],
      ["https://１２７．０．０．１/", "https://127.0.0.1/", "127.0.0.1", 443],
      ["http://[::ffff:169.254.169.254]/x", "http://169.254.169.254/x", "169.254.169.254", 80],
      ["http://[::FFFF:7f00:1]:99/", "http://127.0.0.1:99/", "127.0.0.1", 99],
      ["http://[2001:DB8:0:0:0:0:0:1]/", "http://[2001:db8::1]/", "2001:db8::1", 80],
      ["https://a.example/?q=two words&u=a@b%20", "https://a.example/?q=two%20words&u=a@b%20", "a.example", 443],
      ["https://a.example/a/../b", "https://a.example/b", "a.example", 443],
    ] as const,
  )("reads %j", ([input, url, host, port]) => {
    expect(parseUrl(input)).toEqual({ url, scheme: url.startsWith("https") ? "https" : "http", host, port });
  });

  it.each([
    ["user-info that looks like the host", "https://good.example:443@evil.example/"],
    ["user-info", "https://user@evil.example/"],
    ["empty user-info", "https://@evil.example/"],
    ["a backslash for a slash", "https:\\\\evil.example/"],
    ["a backslash behind the host", "https://evil.example\\@good.example/"],
    ["a backslash in the path", "https://good.example/a\\b"],
    ["a blank in the host", "https://good.example .evil.example/"],
    ["a blank before", " https://good.example/"],
    ["a blank after", "https://good.example/ "],
    ["a no-break space in the host", "https://good.example\u00a0/"],
    ["a tab that parsers drop", "ht\ttps://good.example/"],
    ["a newline that parsers drop", "https://good.ex\nample/"],
    ["an invisible character", "https://good\u200b.example/"],
    ["percent in the host", "https://good%2eexample/"],
    ["a zone", "http://[fe80::1%25eth0]/"],
    ["one slash", "https:/good.example/"],
    ["no slash", "https:good.example"],
    ["no scheme", "//good.example/"],
    ["another scheme", "ftp://good.example/"],
    ["a file", "file:///etc/passwd"],
    ["a script", "javascript://good.example/%0aalert(1)"],
    ["port 0", "https://good.example:0/"],
    ["port 65536", "https://good.example:65536/"],
    ["no host", "https:///x"],
    ["an empty label", "https://good..example/"],
    ["a long label", `https://${"a".repeat(64)}.example/`],
    ["a long name", `https://${"a.".repeat(127)}example/`],
    ["a wildcard", "https://*.example/"],
    ["four numbers that are no address", "https://1.2.3.256/"],
    ["nothing", ""],
    ["a lone surrogate", "https://good.example/\ud800"],
    ["more than 8 KiB", `https://good.example/${"a".repeat(8192)}`],
  ])("refuses %s", (_name, input) => {
    expect(() => parseUrl(input)).toThrow(expect.objectContaining({ code: "URL_INVALID" }));
  });

  it("never repeats the query in an error", () => {
    const secret = "fake-token-1234";
    for (const url of [`https://u@h.example/?k=${secret}`, `https://1.2.3.256/?k=${secret}`, `x://h/?k=${secret}`]) {
      expect(() => parseUrl(url)).toThrow(/^(?!.*fake-token).*$/);
    }
  });

  it("is total, and what it gives reads as itself", () => {
    const piece = fc.constantFrom(
      "https://",
      "http:",
      "//",
      "@",
      "\\",
      "%2e",
      ":443",
      "a.example",
      "[::1]",
      "127.1",
      "/",
      "?",
      "#",
      " ",
      "\t",
      "é",
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 7 }).map((parts) => parts.join("")),
      fc.webUrl(),
      fc.string({ unit: "binary" }),
    );
    const { counterexample } = fc.check(
      fc.property(text, (input) => {
        const found = outcomeOf(() => parseUrl(input));
        if ("code" in found) return found.code === "URL_INVALID";
        const parsed = found.value;
        expect(parseUrl(parsed.url)).toEqual(parsed);
        const url = new URL(parsed.url);
        return url.username + url.password === "" && parseHost(parsed.host) === parsed.host;
      }),
      { numRuns: 4000, seed: 12 },
    );
    expect(counterexample).toBeNull();
  });
});

describe("parseHost()", () => {
  it.each([
    ["Docs.Example.com.", "docs.example.com"],
    ["localhost", "localhost"],
    ["127.1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["::FFFF:10.0.0.1", "10.0.0.1"],
    ["bücher.example", "xn--bcher-kva.example"],
  ])("reads %j as %j", (text, host) => expect(parseHost(text)).toBe(host));

  it.each(["", "a b", "a:80", "[::1]:80", "u@h", "h/p", "*.example", "a..b", "%61", "a\\b", "[fe80::1%eth0]"])(
    "refuses %j",
    (text) => expect(parseHost(text)).toBeNull(),
  );
});
