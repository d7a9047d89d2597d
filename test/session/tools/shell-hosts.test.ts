import { describe, expect, test } from "vitest";
import { hostTargets } from "../../../session/tools/shell-hosts.ts";

describe("hostTargets()", () => {
  test.for(
    [
      ["a name", "docs.example.org:443", { host: "docs.example.org", port: 443 }],
      ["a name in upper case", "Docs.Example.ORG:443", { host: "docs.example.org", port: 443 }],
      ["the dot of the root", "docs.example.org.:8443", { host: "docs.example.org", port: 8443 }],
      ["an IPv4 address", "127.0.0.1:80", { host: "127.0.0.1", port: 80 }],
    ] as const,
  )("takes %s", ([, origin, target]) => expect(hostTargets([origin])).toEqual([target]));

  test.for(
    [
      ["no port", "docs.example.org"],
      ["an empty port", "docs.example.org:"],
      ["a wildcard", "*.example.org:443"],
      ["a URL", "https://docs.example.org:443"],
      ["a user", "me@docs.example.org:443"],
      ["a path", "docs.example.org:443/x"],
      ["an IPv6 address", "[::1]:443"],
      ["a decimal address", "2130706433:80"],
      ["an octal address", "0177.0.0.1:80"],
      ["two dots at the end", "docs.example.org..:443"],
      ["a name that is not ASCII", "b\u00fccher.example.org:443"],
    ] as const,
  )("refuses %s", ([, origin]) => {
    expect(() => hostTargets([origin])).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(ARGS|URL)_INVALID$/) }),
    );
  });
});
