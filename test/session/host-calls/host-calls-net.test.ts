import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { b2, type SkillPermissions } from "../../../core/mod.ts";
import type { CallResult } from "../../../session/mod.ts";
import type { ModelServer } from "../../support/model-server.ts";
import { serve } from "../../support/serve.ts";
import {
  buildProbe,
  grantedSkill,
  openSkillRig,
  type SkillRig,
  type SkillRigOptions,
} from "../../support/skill-rig.ts";

const HANDLE = "handle://vault/test/token";
const VALUE = "tok-planted-4711-value";
const home = mkdtempSync(join(tmpdir(), "az-home-"));
let probe: Uint8Array;

beforeAll(async () => {
  probe = await buildProbe(["filesystem", "http", "secrets"]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function startEcho(): Promise<ModelServer> {
  return serve((request, response) => {
    if (request.path === "/v1/moved") response.writeHead(302, { location: "http://192.0.2.1/" }).end();
    else response.writeHead(200, { "x-test": "yes" }).end(`auth=${request.headers["authorization"] ?? ""} ${VALUE}`);
  });
}

const POLICY = `version: 2
rules:
  - { id: read, effect: allow, capability: file_read, paths: ["\${project}/**"], classification: [public, internal, private, pii, secret] }
  - { id: wasm, effect: allow, capability: [wasm_host_call, runtime_launch, package_execution] }
  - { id: net, effect: allow, capability: network_request, cidr: ["127.0.0.0/8"] }
  - { id: use, effect: allow, capability: secret_handle_usage }
  - { id: use-here, effect: allow, capability: secret_handle_usage, cidr: ["127.0.0.0/8"] }
classify:
  - { paths: ["**/customers.csv"], as: [pii] }
  - { paths: ["**/grave.txt"], as: [secret] }
`;

function permissions(port: number, more: Partial<SkillPermissions> = {}): Partial<SkillPermissions> {
  const origin = `http://127.0.0.1:${port}`;
  return {
    world: "az:host/tool@0.3.0",
    "fs.read": ["workspace:**"],
    net: [{ methods: ["GET"], origin, path: "/v1/**" }],
    secret: [{ handle: HANDLE, origin: `https://127.0.0.1:${port}`, slot: "bearer" }],
    ...more,
  };
}

async function rigFor(port: number, options: SkillRigOptions = {}): Promise<SkillRig> {
  const skill = grantedSkill({ runtime: "wasm-sandbox", permissions: permissions(port), component: probe });
  return await openSkillRig({ home, policy: POLICY, ...options, skills: [skill] });
}

function got(result: CallResult): readonly { ok: boolean; value?: unknown; tag?: string; text?: string }[] {
  expect(result.error).toBeNull();
  return JSON.parse(result.output ?? "null");
}

function fetching(url: string, more: object = {}): { iface: string; func: string; args: unknown[] } {
  return { iface: "http", func: "fetch", args: [{ method: "GET", url, headers: [], ...more }] };
}

describe("http of a component", () => {
  it("reaches what it was granted, and nothing else", async () => {
    const server = await startEcho();
    const other = await startEcho();
    const rig = await rigFor(server.port);
    const base = `http://127.0.0.1:${server.port}`;
    const results = got(
      await rig.run("probe", {
        calls: [
          fetching(`${base}/v1/a`, { headers: [["X-One", "1"]] }),
          fetching(`${base}/admin`),
          fetching(`${base}/v1/a`, { method: "DELETE" }),
          fetching(`http://127.0.0.1:${other.port}/v1/a`),
          fetching(`${base}/v1/..%2fadmin`),
          fetching("ftp://127.0.0.1/"),
          fetching("not a url"),
          fetching(`${base}/v1/a`, { method: "BREW" }),
          fetching(`${base}/v1/moved`),
        ],
      }),
    );
    expect(results.map(({ ok, tag }) => (ok ? "ok" : tag))).toEqual([
      "ok",
      "denied",
      "denied",
      "denied",
      "denied",
      "invalid",
      "invalid",
      "invalid",
      "ok",
    ]);
    expect(results[0]?.value).toMatchObject({ status: 200, headers: expect.arrayContaining([["x-test", "yes"]]) });
    // A redirect is an answer: nothing is followed.
    expect(results[8]?.value).toMatchObject({ status: 302 });
    expect([server.requests.map(({ path }) => path), other.requests]).toEqual([["/v1/a", "/v1/moved"], []]);
    const events = await rig.record();
    expect(events.find(({ action }) => action?.startsWith("http.fetch GET"))).toMatchObject({
      skill: { id: "acme/probe" },
      actions: [
        { capability: "network_request", target: `GET ${base}/v1/a` },
        { capability: "wasm_host_call", target: "az:host/http" },
      ],
    });
  });

  it("puts a secret in outside the guest, and masks it in what comes back", async () => {
    const server = await startEcho();
    const place = `127.0.0.1:${server.port}`;
    const rig = await rigFor(server.port, {
      secrets: { [HANDLE]: { value: VALUE, bindings: [{ host: place, slot: "bearer" }] } },
    });
    const url = `http://${place}/v1/a`;
    // The permission names the origin with TLS; on loopback the request goes without: the ceiling says no.
    const results = got(
      await rig.run("probe", {
        calls: [
          fetching(url),
          fetching(url, { secret: { handle: HANDLE, placement: { header: "x-key" } } }),
          fetching(url, { secret: { handle: "handle://vault/other/one", placement: "bearer" } }),
        ],
      }),
    );
    expect(JSON.stringify(results[0]?.value)).not.toContain(VALUE);
    expect(results.slice(1).map(({ tag }) => tag)).toEqual(["denied", "denied"]);
  });

  it("delivers a secret only in the slot and to the host that binding and permission name", async () => {
    const server = await startEcho();
    const place = `127.0.0.1:${server.port}`;
    const rig = await rigFor(server.port, {
      secrets: { [HANDLE]: { value: VALUE, bindings: [{ host: place, slot: "bearer" }] } },
    });
    const url = `http://${place}/v1/a`;
    const [answer] = got(
      await rig.run("probe", { calls: [fetching(url, { secret: { handle: HANDLE, placement: "bearer" } })] }),
    );
    expect([answer?.tag, answer?.text]).toEqual([undefined, undefined]);
    expect(server.requests[0]?.headers["authorization"]).toBe(`Bearer ${VALUE}`);
    expect(JSON.stringify(answer?.value)).not.toContain(VALUE);
    const events = await rig.record();
    expect(JSON.stringify(events)).not.toContain(VALUE);
    expect(events.find(({ secret_handles }) => secret_handles?.includes(HANDLE))).toMatchObject({
      actions: [
        { capability: "network_request" },
        { capability: "secret_handle_usage", target: `${HANDLE} as bearer` },
        { capability: "wasm_host_call" },
      ],
    });
  });

  it("sends nothing once it has read what may not leave", async () => {
    const server = await startEcho();
    const rig = await rigFor(server.port, { files: { "grave.txt": "g" } });
    const url = `http://127.0.0.1:${server.port}/v1/a`;
    const results = got(
      await rig.run("probe", {
        calls: [fetching(url), { iface: "filesystem", func: "readFile", args: ["grave.txt"] }, fetching(url)],
      }),
    );
    expect(results.map(({ ok, tag }) => (ok ? "ok" : tag))).toEqual(["ok", "ok", "denied"]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("get-secret", () => {
  it("gives a value only to the component that its binding names", async () => {
    const bound = { slot: `component:${b2(probe)}` };
    const rig = await rigFor(1, { secrets: { [HANDLE]: { value: VALUE, bindings: [bound] } } });
    const get = { iface: "secrets", func: "getSecret", args: [HANDLE] };
    const result = await rig.run("probe", { calls: [get] });
    // It has the value; what it gives back is masked all the same.
    expect(got(result)[0]?.ok).toBe(true);
    expect(result.output).not.toContain(VALUE);
    expect(result.redactions.length).toBeGreaterThan(0);
    const events = await rig.record();
    expect(JSON.stringify(events)).not.toContain(VALUE);
  });

  it("is denied without that binding, or without the permission", async () => {
    const rig = await rigFor(1, {
      secrets: {
        [HANDLE]: { value: VALUE, bindings: [{ host: "127.0.0.1:1", slot: "bearer" }] },
        "handle://vault/test/free": { value: "val-planted-0815-free", bindings: [{ slot: `component:${b2(probe)}` }] },
      },
    });
    const results = got(
      await rig.run("probe", {
        calls: [HANDLE, "handle://vault/test/free", "handle://vault/test/none", "no handle at all"].map((handle) => ({
          iface: "secrets",
          func: "getSecret",
          args: [handle],
        })),
      }),
    );
    expect(results.map(({ tag }) => tag)).toEqual(["denied", "denied", "denied", "invalid"]);
  });
});
