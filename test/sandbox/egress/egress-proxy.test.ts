import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Permit } from "../../../core/mod.ts";
import { createBubblewrap } from "../../../sandbox/mod.ts";
import { createEgress } from "../../../sandbox/egress/egress-proxy.ts";
import { rig, valueOf } from "../rig.ts";
import { scriptSpec } from "../process/run.ts";
import { ask, authorized, desk, lease, NETWORK, origin, rules } from "./lab.ts";

describe("createEgress()", () => {
  it("lets the named origin pass, as plain HTTP and as a tunnel", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(r, `api.test:${port}`);
    expect(await ask(given, authorized(given, `GET http://api.test:${port}/x`, "X-A: 1\r\n"))).toContain("hello");
    expect(seen[0]).toBe(`GET /x HTTP/1.1\r\nHost: api.test:${port}\r\nX-A: 1\r\nConnection: close\r\n\r\n`);
    const tunnel = await ask(given, `${authorized(given, `CONNECT api.test:${port}`)}raw bytes`);
    expect(tunnel).toMatch(/^HTTP\/1.1 200 Connection established\r\n\r\nHTTP\/1.1 200 OK/);
    expect(seen[1]).toBe("raw bytes");
    expect(await given.close()).toMatchObject({ requests: 2, denied: 0 });
  });

  it.each([
    ["another host", (port: number) => `GET http://other.test:${port}/`, 403],
    ["another port", (port: number) => `GET http://api.test:${port + 1}/`, 403],
    ["a tunnel to another host", (port: number) => `CONNECT other.test:${port}`, 403],
    ["the address instead of the name", (port: number) => `CONNECT 127.0.0.1:${port}`, 403],
    ["a method that is not allowed", (port: number) => `TRACE http://api.test:${port}/`, 403],
    ["a head that cannot be read", () => "NONSENSE", 400],
    ["the origin form", () => "GET /", 400],
  ])("refuses %s", async (_, line, status) => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(r, `api.test:${port}`);
    expect(await ask(given, authorized(given, line(port)))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toEqual([]);
    expect(await given.close()).toMatchObject({ denied: 1 });
  });

  it("refuses names that lead into a local network, in part or as a whole, and names that do not exist", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(
      r,
      `inner.test:${port}`,
      `metadata.test:${port}`,
      `nowhere.example:${port}`,
      `10.0.0.1:${port}`,
    );
    for (const host of ["inner.test", "metadata.test", "nowhere.example", "10.0.0.1"]) {
      expect(await ask(given, authorized(given, `CONNECT ${host}:${port}`))).toContain("403 Forbidden");
    }
    expect(seen).toEqual([]);
  });

  it("answers 407 without the token of this lease", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const given = await lease(r, `api.test:${port}`);
    const other = await lease(r, `api.test:${port}`);
    expect(await ask(given, `CONNECT api.test:${port} HTTP/1.1\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 407 [^]*Proxy-Authenticate/,
    );
    expect(await ask(given, authorized(other, `CONNECT api.test:${port}`))).toContain("407");
    expect(seen).toEqual([]);
  });

  it("refuses heads without an end and tells when nobody listens", async () => {
    const r = rig();
    const given = await lease(r, "api.test:1");
    expect(await ask(given, "x".repeat(20_000))).toContain("400 Bad Request");
    expect(await ask(given, authorized(given, "CONNECT api.test:1"))).toContain("502 Bad Gateway");
  });

  it("leaves nothing behind", async () => {
    const r = rig();
    const deps = { ...r.deps, facts: { ...r.deps.facts, tmp: r.root } };
    const given = await createEgress(deps, NETWORK).lease(new Permit(), rules("api.test:1"), desk());
    await given.close();
    await given.close();
    expect(readdirSync(r.root).filter((name) => name.startsWith("az-egress"))).toEqual([]);
    expect(await ask(given, "x")).toContain("error");
  });
});

describe("a command with hosts", () => {
  it("reaches the hosts of its call through the proxy, and nothing else", async () => {
    const r = rig();
    const { port, seen } = await origin();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const text = [
      `curl -sS http://api.test:${port}/plain`,
      `curl -sSp http://api.test:${port}/tunnel`,
      `curl -sS -o /dev/null -w ' %{http_code}' http://other.test:${port}/`,
      `curl -sS --noproxy '*' -m 15 http://127.0.0.1:${port}/ 2>&1 | grep -ci 'failed to connect'`,
      `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && echo DIRECT`,
      `env -u http_proxy -u HTTP_PROXY -u all_proxy -u ALL_PROXY curl -sS -m 15 -x http://127.0.0.1:3128 -o /dev/null -w ' %{http_code}' http://api.test:${port}/`,
      "echo x >made",
    ].join("; ");
    const outcome = await r.run(backend, scriptSpec(r, text, { hosts: [`api.test:${port}`] }), {
      egress: desk().admit,
    });
    const value = valueOf(outcome);
    expect(new TextDecoder().decode(value.output)).toBe("hellohello 4031\n 407");
    expect(seen.map((request) => request.split("\r\n")[0])).toEqual(["GET /plain HTTP/1.1", "GET /tunnel HTTP/1.1"]);
    expect(outcome.notices).toEqual([{
      code: "EGRESS",
      text: expect.stringMatching(/^3 requests, 2 refused, \d+ bytes$/),
    }]);
    expect(value.changes.map((change) => change.relative)).toEqual(["made"]);
    await value.stage?.discard();
  });

  it("has no network without them, and none together with a secret", async () => {
    const r = rig();
    const { port } = await origin();
    const backend = createBubblewrap(r.deps, { network: NETWORK });
    const without = valueOf(
      await r.run(
        backend,
        scriptSpec(
          r,
          `env | grep -ci proxy; curl -sS -m 15 http://127.0.0.1:${port}/ 2>&1 | grep -ci 'failed to connect'; ls /run 2>&1`,
        ),
      ),
    );
    expect(new TextDecoder().decode(without.output)).toMatch(/^0\n1\nls: /);
    const both = scriptSpec(r, "true", { hosts: [`api.test:${port}`], secrets: { TOKEN: "h" } });
    expect(await r.run(backend, both)).toMatchObject({ ok: false, code: "SPEC_INVALID", started: false });
    expect(await r.run(backend, scriptSpec(r, "true", { hosts: ["not a host"] }))).toMatchObject({
      ok: false,
      code: "SPEC_INVALID",
    });
  });
});
