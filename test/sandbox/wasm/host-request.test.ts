import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHostCall, fitHostReply, hostOk } from "../../../sandbox/mod.ts";

const bytes = Uint8Array.of(1);
const request = { method: "GET", url: "https://example.com/", headers: [["accept", "text/plain"]] };

function decode(iface: string, func: string, ...args: readonly unknown[]): unknown {
  return decodeHostCall({ seq: 1, iface, func, args });
}

describe("decodeHostCall()", () => {
  it.for<readonly [string, string, readonly unknown[], unknown]>([
    ["filesystem", "read-file", ["a"], { kind: "read-file", path: "a" }],
    ["filesystem", "list-dir", ["."], { kind: "list-dir", path: "." }],
    ["filesystem", "create-dir", ["d"], { kind: "create-dir", path: "d" }],
    ["filesystem", "file-exists", ["d"], { kind: "file-exists", path: "d" }],
    ["filesystem", "write-file", ["a", bytes], { kind: "write-file", path: "a", data: bytes }],
    ["filesystem", "append-file", ["a", bytes], { kind: "append-file", path: "a", data: bytes }],
    ["secrets", "get-secret", ["handle://vault/a/b"], { kind: "get-secret", handle: "handle://vault/a/b" }],
    ["tools", "call", ["read", "{}"], { kind: "call", name: "read", args: "{}" }],
    ["tools", "register-tool", ["{}"], { kind: "register-tool", definition: "{}" }],
    ["http", "fetch", [{ ...request, body: undefined, secret: undefined }], {
      kind: "fetch",
      request: { ...request, body: undefined, secret: undefined },
    }],
    ["http", "fetch", [{ ...request, body: bytes, secret: { handle: "h", placement: { tag: "basic", val: "me" } } }], {
      kind: "fetch",
      request: { ...request, body: bytes, secret: { handle: "h", placement: { tag: "basic", val: "me" } } },
    }],
    ["http", "fetch", [{ ...request, secret: { handle: "h", placement: { tag: "bearer", val: undefined } } }], {
      kind: "fetch",
      request: { ...request, body: undefined, secret: { handle: "h", placement: { tag: "bearer" } } },
    }],
  ])("types %s %s", ([iface, func, args, expected]) => {
    expect(decode(iface, func, ...args)).toEqual(expected);
  });
  it.for<readonly [string, string, string, readonly unknown[]]>([
    ["a function of another interface", "http", "read-file", ["a"]],
    ["an unknown function", "filesystem", "delete-file", ["a"]],
    ["a name of every object", "filesystem", "constructor", ["a"]],
    ["too few arguments", "filesystem", "write-file", ["a"]],
    ["too many arguments", "filesystem", "read-file", ["a", "b"]],
    ["a path that is no text", "filesystem", "read-file", [["a"]]],
    ["data that is no bytes", "filesystem", "write-file", ["a", [1, 2]]],
    ["a request with more in it", "http", "fetch", [{ ...request, redirect: "follow" }]],
    ["headers that are no pairs", "http", "fetch", [{ ...request, headers: [["a"]] }]],
    ["a placement that is none", "http", "fetch", [{
      ...request,
      secret: { handle: "h", placement: { tag: "query" } },
    }]],
  ])("refuses %s", ([, iface, func, args]) => {
    expect(decode(iface, func, ...args)).toBeNull();
  });
  it("is total", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (one, two) => {
        for (const func of ["write-file", "call"]) expect(() => decode("filesystem", func, one, two)).not.toThrow();
        expect(() => decode("http", "fetch", one)).not.toThrow();
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

describe("fitHostReply()", () => {
  it("lets through what fits", () => {
    const reply = hostOk("list-dir", [{ name: "a", kind: "file", size: 1n }]);
    expect(fitHostReply("list-dir", reply)).toBe(reply);
    expect(fitHostReply("write-file", hostOk("write-file", undefined))).toMatchObject({ ok: true });
  });
  it("makes everything else an error that the guest's types have", () => {
    expect(fitHostReply("read-file", { ok: true, value: "text" })).toMatchObject({ error: { tag: "failed" } });
    expect(fitHostReply("nothing", { ok: true, value: 1 })).toMatchObject({ error: { tag: "failed" } });
    expect(fitHostReply("read-file", { ok: false, error: { tag: "odd", val: 3 } })).toEqual({
      ok: false,
      error: { tag: "failed", val: "odd" },
    });
    expect(fitHostReply("read-file", { ok: false, error: { tag: "too-large", val: "much" } })).toEqual({
      ok: false,
      error: { tag: "too-large", val: 0 },
    });
    expect(fitHostReply("read-file", { ok: false, error: { tag: "cancelled", val: "x" } })).toEqual({
      ok: false,
      error: { tag: "cancelled" },
    });
  });
});
