import { describe, expect, it, test } from "vitest";
import { type Binding, checkBinding, findBinding, type Place } from "../../core/bindings.ts";
import { parseHandle } from "../../core/handle.ts";
import { codeOf } from "../support/core-rig.ts";

const HANDLE = parseHandle("handle://vault/github/token");
const BOUND: Binding = { host: "api.github.com:443", slot: "bearer", methods: ["GET", "POST"] };
const PLACE: Place = {
  slot: "bearer",
  origin: { scheme: "https", host: "api.github.com", port: 443 },
  method: "GET",
  tool: "fetch",
  skill: null,
  provider: null,
  command: null,
};

describe("checkBinding()", () => {
  test.for<readonly [string, Binding]>([
    ["a host and bearer", { host: "api.github.com:443", slot: "bearer" }],
    ["loopback by address", { host: "127.0.0.1:8080", slot: "bearer" }],
    ["a name of one label", { host: "registry:5000", slot: "basic:me" }],
    ["a header with a format", { host: "a.b:443", slot: "header:authorization", format: "token {}" }],
    ["a program", { slot: "env:GH_TOKEN", command: "/usr/bin/gh" }],
    ["a variable with a host", { slot: "env:GH_TOKEN", host: "api.github.com:443" }],
    ["a component", { slot: `component:b2:${"0".repeat(64)}` }],
    ["everything narrowed", { ...BOUND, tool: "fetch", skill: "acme/pdf", provider: "openai" }],
  ])("takes %s", ([, binding]) => expect(checkBinding(binding)).toEqual(binding));

  it("lower-cases header names", () => {
    expect(checkBinding({ host: "a.b:443", slot: "header:X-Key" }).slot).toBe("header:x-key");
  });

  test.for<readonly [string, Binding]>([
    ["no host for a header", { slot: "bearer" }],
    ["a wildcard", { host: "*.github.com:443", slot: "bearer" }],
    ["no port", { host: "api.github.com", slot: "bearer" }],
    ["port 0", { host: "a.b:0", slot: "bearer" }],
    ["port 70000", { host: "a.b:70000", slot: "bearer" }],
    ["a port with a leading zero", { host: "a.b:0443", slot: "bearer" }],
    ["upper case", { host: "API.github.com:443", slot: "bearer" }],
    ["a trailing dot", { host: "api.github.com.:443", slot: "bearer" }],
    ["a URL", { host: "https://api.github.com:443", slot: "bearer" }],
    ["user-info", { host: "me@api.github.com:443", slot: "bearer" }],
    ["another address", { host: "10.0.0.1:443", slot: "bearer" }],
    ["loopback in another spelling", { host: "127.1:443", slot: "bearer" }],
    ["loopback as a number", { host: "2130706433:443", slot: "bearer" }],
    ["loopback in hex", { host: "0x7f000001:443", slot: "bearer" }],
    ["IPv6", { host: "[::1]:443", slot: "bearer" }],
    ["letters that are not ASCII", { host: "\u0430pi.github.com:443", slot: "bearer" }],
    ["an unknown slot", { host: "a.b:443", slot: "cookie" }],
    ["a format without a place for the value", { host: "a.b:443", slot: "header:x", format: "token" }],
    ["a format with a line feed", { host: "a.b:443", slot: "header:x", format: "a\n{}" }],
    ["a format elsewhere", { host: "a.b:443", slot: "bearer", format: "x {}" }],
    ["a method in lower case", { host: "a.b:443", slot: "bearer", methods: ["get"] }],
    ["no methods at all", { host: "a.b:443", slot: "bearer", methods: [] }],
    ["a relative program", { slot: "env:A", command: "gh" }],
    ["a program with dots", { slot: "env:A", command: "/usr/bin/../bin/gh" }],
    ["a program for a header", { host: "a.b:443", slot: "bearer", command: "/usr/bin/gh" }],
    ["a variable for everybody", { slot: "env:A" }],
    ["a field that nobody knows", { host: "a.b:443", slot: "bearer", hots: "x" } as Binding],
  ])("refuses %s", ([, binding]) => expect(codeOf(() => checkBinding(binding))).toBe("BINDING_INVALID"));
});

describe("findBinding()", () => {
  it("finds the one that fits", () => {
    expect(findBinding(HANDLE, [{ host: "x.y:443", slot: "bearer" }, BOUND], PLACE)).toBe(BOUND);
  });

  it("takes an unbound handle for unusable", () => {
    expect(codeOf(() => findBinding(HANDLE, [], PLACE))).toBe("SECRET_UNBOUND");
  });

  test.for<readonly [string, Place]>([
    ["another host", { ...PLACE, origin: { scheme: "https", host: "api.github.com.evil.example", port: 443 } }],
    ["another port", { ...PLACE, origin: { scheme: "https", host: "api.github.com", port: 8443 } }],
    ["no TLS", { ...PLACE, origin: { scheme: "http", host: "api.github.com", port: 443 } }],
    ["no host", { ...PLACE, origin: null }],
    ["another slot", { ...PLACE, slot: "header:authorization" }],
    ["another method", { ...PLACE, method: "DELETE" }],
    ["no method", { ...PLACE, method: null }],
    ["a slot that is none", { ...PLACE, slot: "cookie" }],
  ])("refuses %s", ([, place]) => expect(codeOf(() => findBinding(HANDLE, [BOUND], place))).toBe("SECRET_PLACE"));

  test.for<readonly [string, Binding, Partial<Place>]>([
    ["tool", { ...BOUND, tool: "fetch" }, { tool: "shell" }],
    ["skill", { ...BOUND, skill: "acme/pdf" }, { skill: "acme/other" }],
    ["provider", { ...BOUND, provider: "openai" }, { provider: null }],
  ])("refuses another %s", ([, binding, other]) => {
    const fits = { ...PLACE, tool: "fetch", skill: "acme/pdf", provider: "openai" };
    expect(findBinding(HANDLE, [binding], fits)).toBe(binding);
    expect(codeOf(() => findBinding(HANDLE, [binding], { ...fits, ...other }))).toBe("SECRET_PLACE");
  });

  it("allows plain http to 127.0.0.1 only", () => {
    const origin = { scheme: "http", host: "127.0.0.1", port: 8080 } as const;
    const local: Binding = { host: "127.0.0.1:8080", slot: "bearer" };
    expect(findBinding(HANDLE, [local], { ...PLACE, origin })).toBe(local);
    const named: Binding = { host: "localhost:8080", slot: "bearer" };
    expect(codeOf(() => findBinding(HANDLE, [named], { ...PLACE, origin: { ...origin, host: "localhost" } }))).toBe(
      "SECRET_PLACE",
    );
  });

  it("gives a variable to its program only", () => {
    const binding: Binding = { slot: "env:GH_TOKEN", command: "/usr/bin/gh" };
    const place: Place = { ...PLACE, slot: "env:GH_TOKEN", origin: null, method: null, command: "/usr/bin/gh" };
    expect(findBinding(HANDLE, [binding], place)).toBe(binding);
    for (const command of ["/usr/bin/curl", "/usr/local/bin/gh", null]) {
      expect(codeOf(() => findBinding(HANDLE, [binding], { ...place, command }))).toBe("SECRET_PLACE");
    }
    expect(codeOf(() => findBinding(HANDLE, [binding], { ...place, slot: "env:OTHER" }))).toBe("SECRET_PLACE");
  });

  it("says what does not fit, in words", () => {
    expect(() => findBinding(HANDLE, [BOUND], { ...PLACE, method: "DELETE" })).toThrow(
      /it is bound to GET, POST, not to "DELETE"/,
    );
  });
});
