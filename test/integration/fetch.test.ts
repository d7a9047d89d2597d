import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { type Ran, runAgentzero } from "../support/run-agentzero.ts";

let root = "";
const servers: ModelServer[] = [];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "az-fetch-")));
  mkdirSync(join(root, "shop", ".agentzero"), { recursive: true });
  mkdirSync(join(root, "home"), { mode: 0o700 });
});
afterEach(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const server of servers.splice(0)) await server.close();
});

async function serve(path = "", location = ""): Promise<ModelServer> {
  const server = await startModelServer((request, response) =>
    request.path === path ? response.writeHead(302, { location }).end() : response.end(`hello from ${request.path}`)
  );
  servers.push(server);
  return server;
}

function fetching(rules: readonly string[], args: object, ...flags: readonly string[]): Promise<Ran> {
  const home = join(root, "home");
  writeFileSync(
    join(home, "policy.yml"),
    ["version: 2", "rules:", ...rules.map((rule) => `  - ${rule}`), ""].join("\n"),
    { mode: 0o600 },
  );
  return runAgentzero(["call", "fetch", JSON.stringify(args), "--json", ...flags], {
    cwd: join(root, "shop"),
    home,
    env: { HOME: home },
  });
}

const LOOPBACK = '{ id: loopback, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"], methods: [GET] }';

describe("call fetch", () => {
  it("gets what a rule allows by address, and records it", async () => {
    const server = await serve();
    const ran = await fetching([LOOPBACK], { url: `http://127.0.0.1:${server.port}/a` });
    expect(ran.json()).toMatchObject({
      ok: true,
      rule: "loopback",
      trust: "network",
      output: expect.stringContaining("hello from /a"),
    });
    expect(ran.exit).toBe(0);
  });

  it("follows a redirect within the origin, and none to where no rule leads", async () => {
    const server = await serve("/a", "/b");
    const within = await fetching([LOOPBACK], { url: `http://127.0.0.1:${server.port}/a` });
    expect(within.json()).toMatchObject({ ok: true, output: expect.stringContaining("hello from /b") });
    const away = await serve("/a", "http://192.0.2.1/");
    const refused = await fetching([LOOPBACK], { url: `http://127.0.0.1:${away.port}/a` });
    // What was decided last counts: the call was denied, though its first address was allowed.
    expect(refused.json()).toMatchObject({
      ok: false,
      decision: "deny",
      rule: "floor.address",
      layer: "floor",
      output: null,
      error: { code: "POLICY_DENY" },
    });
    expect(refused.exit).toBe(5);
  });

  test.for(["file:///etc/passwd", "http://user:pw@127.0.0.1/"])("denies a redirect to %s", async (location) => {
    const server = await serve("/a", location);
    const ran = await fetching([LOOPBACK], { url: `http://127.0.0.1:${server.port}/a` });
    expect(ran.json()).toMatchObject({ ok: false, decision: "deny", rule: null, error: { code: "URL_INVALID" } });
    expect(ran.exit).toBe(5);
  });

  it("sends nothing to a listed name that leads inside", async () => {
    const server = await serve();
    const rule = '{ id: named, effect: allow, capability: network_request, hosts: ["docs.localhost"] }';
    const ran = await fetching([rule], { url: `http://docs.localhost:${server.port}/a` });
    // The hint names the addresses: by the name alone the rule allows it.
    const hint = expect.stringContaining("--address 127.0.0.1 ::1");
    expect(ran.json()).toMatchObject({
      ok: false,
      decision: "deny",
      rule: "floor.address",
      error: { code: "POLICY_DENY", hint },
    });
    expect([ran.exit, server.requests]).toEqual([5, []]);
  });

  it("takes no yes for a question that only the address brings up", async () => {
    const server = await serve();
    const rules = [
      '{ id: named, effect: allow, capability: network_request, hosts: ["docs.localhost"] }',
      '{ id: inside, effect: requires_approval, capability: network_request, cidr: ["127.0.0.0/8", "::1/128"], reason: look }',
    ];
    for (const flags of [[], ["--approve"]]) {
      const ran = await fetching(rules, { url: `http://docs.localhost:${server.port}/a` }, ...flags);
      expect([ran.exit, server.requests]).toEqual([5, []]);
    }
  });

  it("asks once where name and address bring up the same question", async () => {
    const server = await serve();
    const rule =
      '{ id: inside, effect: requires_approval, capability: network_request, cidr: ["127.0.0.0/8"], reason: look }';
    const url = `http://127.0.0.1:${server.port}/a`;
    expect((await fetching([rule], { url })).exit).toBe(5);
    expect((await fetching([rule], { url }, "--approve")).json()).toMatchObject({ ok: true, approved: "once" });
  });

  it("does not use a method that no rule names", async () => {
    const server = await serve();
    const ran = await fetching([LOOPBACK], { url: `http://127.0.0.1:${server.port}/a`, method: "POST", body: "x" });
    expect([ran.exit, server.requests]).toEqual([5, []]);
  });
});
