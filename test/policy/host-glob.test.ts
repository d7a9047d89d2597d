import { describe, expect, it } from "vitest";
import { compileHostGlob, matchHost } from "../../policy/host-glob.ts";

describe("matchHost()", () => {
  it.each([
    ["docs.example.com", "docs.example.com", true],
    ["Docs.Example.com", "docs.example.com", true],
    ["docs.example.com", "docs.example.com.evil.test", false],
    ["*.example.com", "docs.example.com", true],
    ["*.example.com", "a.docs.example.com", false],
    ["*.example.com", "example.com", false],
    ["*.example.com", ".example.com", false],
    ["*.example.com", "evilexample.com", false],
    ["**.example.com", "a.b.example.com", true],
    ["**.example.com", "a.example.com", true],
    ["**.example.com", "example.com", false],
    ["api.*.example.com", "api.eu.example.com", true],
    ["api.*.example.com", "api.eu.x.example.com", false],
    ["**.*.example.com", "a.b.example.com", true],
    ["**.*.example.com", "b.example.com", false],
    ["localhost", "localhost", true],
    ["xn--bcher-kva.example", "xn--bcher-kva.example", true],
  ])("%s on %s is %s", (glob, host, expected) => expect(matchHost(compileHostGlob(glob), host)).toBe(expected));
});

describe("compileHostGlob()", () => {
  it.each([
    "*",
    "**",
    "*.com",
    "**.com",
    "*.*.com",
    "a.*.com",
    "a.**.b.example.com",
    "*a.example.com",
    "a*.example.com",
    "a?.example.com",
    "10.0.0.1",
    "127.0.0.1",
    "::1",
    "[::1]",
    "example.com:443",
    "https://example.com",
    "example.com/x",
    "example.com.",
    ".example.com",
    "a..b",
    "bücher.example",
    "exa mple.com",
    "-a.example.com",
    "",
    `${"a.".repeat(130)}example.com`,
  ])("refuses %s", (glob) => {
    expect(() => compileHostGlob(glob)).toThrow(expect.objectContaining({ code: "POLICY_HOST" }));
  });
});
