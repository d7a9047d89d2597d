import { describe, expect, it, test } from "vitest";
import { canonicalAddress, hostPort, isLoopback, targetOf } from "../../../session/http/target.ts";

describe("targetOf()", () => {
  test.for(
    [
      ["HTTPS://Docs.Example.test.:443/a?b#c", "https", "docs.example.test", 443, "https://docs.example.test/a?b"],
      ["http://[::ffff:10.0.0.1]/", "http", "10.0.0.1", 80, "http://10.0.0.1/"],
      ["http://2130706433:8080/", "http", "127.0.0.1", 8080, "http://127.0.0.1:8080/"],
      [
        "https://bücher.example.test/",
        "https",
        "xn--bcher-kva.example.test",
        443,
        "https://xn--bcher-kva.example.test/",
      ],
    ] as const,
  )("reads %s", ([input, scheme, host, port, href]) => {
    const target = targetOf(input);
    expect([target.scheme, target.host, target.port, target.url.href]).toEqual([scheme, host, port, href]);
  });

  test.for([
    "https://good.example.test:443@evil.example.test/",
    "https://good.example.test\\@evil.example.test/",
    "file:///etc/passwd",
    "//example.test/",
    "example.test",
    "https://exa%6dple.test/",
    "https://example.test:0/",
    "java\nscript://x",
  ])("refuses %j", (input) => expect(() => targetOf(input)).toThrow(expect.objectContaining({ code: "URL_INVALID" })));

  it("reads relative addresses of redirects, with the same care", () => {
    const base = new URL("https://a.example.test/x/y?z");
    expect(targetOf("../b", base).url.href).toBe("https://a.example.test/b");
    expect(targetOf("//c.example.test/", base).host).toBe("c.example.test");
    expect(() => targetOf("https://user:pw@c.example.test/", base)).toThrow(/user-info/);
    expect(() => targetOf("javascript:alert(1)", base)).toThrow(/http/);
  });
});

describe("isLoopback()", () => {
  test.for(["127.0.0.1", "127.255.0.3", "::1", "localhost", "a.localhost"])(
    "knows %s",
    (host) => expect(isLoopback(host)).toBe(true),
  );
  test.for([
    "0.0.0.0",
    "10.0.0.1",
    "::",
    "localhost.example.test",
    "127.0.0.1.example.test",
    "127.x",
    "128.0.0.1",
    "::2",
  ])(
    "does not take %s for this machine",
    (host) => expect(isLoopback(host)).toBe(false),
  );
});

describe("canonicalAddress()", () => {
  test.for(
    [
      ["::FFFF:127.0.0.1", "127.0.0.1"],
      ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
      ["fe80::1%eth0", null],
      ["127.1", null],
      ["example.test", null],
      ["", null],
    ] as const,
  )("reads %j as %j", ([text, expected]) => expect(canonicalAddress(text)).toBe(expected));

  it("is shown in brackets with a port when it is IPv6", () => {
    expect(hostPort({ host: "::1", port: 80 })).toBe("[::1]:80");
    expect(hostPort({ host: "a.test", port: 80 })).toBe("a.test:80");
  });
});
