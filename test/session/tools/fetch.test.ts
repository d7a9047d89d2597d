import { beforeAll, describe, expect, it, test } from "vitest";
import { toolLimits } from "../../../cli/config/limits.ts";
import { labelOf, loadSodium } from "../../../core/mod.ts";
import { specDigest } from "../../../sandbox/mod.ts";
import type { HttpSpec, HttpValue } from "../../../session/http.ts";
import { fromModel, fromPerson, type Provenance } from "../../../session/provenance.ts";
import { createQuotes } from "../../../session/quotes.ts";
import { fetchTool } from "../../../session/tools/fetch.ts";
import type { Plan, PlanContext, Presented } from "../../../session/tools/tool.ts";

beforeAll(() => loadSodium());

const PERSON = fromPerson(labelOf("user"));

function contextOf(provenance: Provenance): PlanContext {
  return {
    project: "/home/me/shop",
    stageRoot: "/home/me/.agentzero",
    provenance,
    classify: () => ["private"],
    hidden: () => ({ files: [], dirs: [], problem: null, classes: [] }),
    lookupProgram: () => null,
    toolchains: [],
    gitIdentity: null,
    newStageName: () => "stage",
    limits: toolLimits({ limits: { user: {}, project: {} } }),
  };
}

function plan(args: unknown, provenance: Provenance = PERSON): Plan {
  return fetchTool.plan(args, contextOf(provenance));
}

async function specOf(args: unknown): Promise<HttpSpec> {
  const { effect } = await plan(args).prepare({ state: () => Promise.reject(new Error("no file is looked at")) });
  if (effect.backend !== "http") throw new Error("expected a request");
  return effect.spec;
}

async function present(value: Partial<HttpValue>): Promise<Presented> {
  const { effect } = await plan({ url: "https://a.example.test/" }).prepare({
    state: () => Promise.reject(new Error("no")),
  });
  if (effect.backend !== "http") throw new Error("expected a request");
  return effect.present({
    status: 200,
    url: "https://a.example.test/",
    hops: [],
    address: "192.0.2.1",
    contentType: "text/plain",
    bytes: 2,
    truncated: false,
    text: "ok",
    sha256: "sha256:00",
    ...value,
  });
}

describe("fetch", () => {
  it("plans one network request, as policy reads the address", () => {
    const { title, tier, actions, handles } = plan({ url: "HTTPS://Docs.Example.test./a?b#c" });
    expect([title, tier, handles]).toEqual(["Fetch GET https://docs.example.test/a?b", "host-supervised", []]);
    expect(actions).toEqual([{
      capability: "network_request",
      target: {
        kind: "network",
        url: "https://docs.example.test/a?b",
        scheme: "https",
        host: "docs.example.test",
        port: 443,
        method: "GET",
        addresses: null,
      },
      classes: ["private"],
      tier: "host-supervised",
      tainted: false,
      skill: null,
    }]);
  });

  it("plans the use of a secret beside the request, in the one spelling of its slot", () => {
    const secret = { handle: "handle://vault/x/token", as: "header:X-Token" };
    const { actions, handles } = plan({ url: "https://api.example.test:8443/", secret });
    expect(handles).toEqual(["handle://vault/x/token"]);
    expect(actions[1]).toMatchObject({
      capability: "secret_handle_usage",
      target: { handle: "handle://vault/x/token", inject: "header:x-token", host: "api.example.test", port: 8443 },
    });
  });

  it("prepares a request whose digest changes with all that has effect", async () => {
    const url = "https://a.example.test/";
    const all = [
      { url },
      { url: `${url}b` },
      { url, method: "HEAD" },
      { url, method: "POST", body: "x" },
      { url, method: "POST", body: "y" },
      { url, headers: { "x-a": "1" } },
      { url, headers: { "x-a": "2" } },
      { url, secret: { handle: "handle://vault/x/y", as: "bearer" } },
      { url, secret: { handle: "handle://vault/x/y", as: "basic:me" } },
    ];
    const digests = await Promise.all(all.map(async (args) => specDigest(await specOf(args))));
    expect(new Set(digests).size).toBe(all.length);
  });

  test.for(
    [
      ["an unknown argument", { url: "https://a.test/", verb: "GET" }, "ARGS_INVALID"],
      ["no address", {}, "ARGS_INVALID"],
      ["a method it does not know", { url: "https://a.test/", method: "CONNECT" }, "ARGS_INVALID"],
      ["a body with GET", { url: "https://a.test/", body: "x" }, "ARGS_INVALID"],
      ["a header with a line end", { url: "https://a.test/", headers: { a: "b\r\nc: d" } }, "ARGS_INVALID"],
      ["the host header", { url: "https://a.test/", headers: { Host: "b.test" } }, "ARGS_INVALID"],
      ["a secret in a place that is none", {
        url: "https://a.test/",
        secret: { handle: "handle://vault/x/y", as: "query" },
      }, "SECRET_PLACE"],
      ["a secret for the environment", {
        url: "https://a.test/",
        secret: { handle: "handle://vault/x/y", as: "env:X" },
      }, "ARGS_INVALID"],
      [
        "a header that the secret fills",
        {
          url: "https://a.test/",
          headers: { Authorization: "x" },
          secret: { handle: "handle://vault/x/y", as: "bearer" },
        },
        "ARGS_INVALID",
      ],
      ["another scheme", { url: "file:///etc/passwd" }, "URL_INVALID"],
      ["user info", { url: "https://good.test:443@evil.test/" }, "URL_INVALID"],
    ] as const,
  )("refuses %s", ([, args, code]) => {
    expect(() => plan(args)).toThrow(expect.objectContaining({ code }));
  });

  it("counts an origin as the person's own when the person named it, and nothing else of the address", () => {
    const quotes = createQuotes();
    quotes.learn("see https://docs.example.test/start?x=1 and other.example.test please");
    const model = fromModel(labelOf("file"), { quotes, policy: { quotes: () => false } });
    function tainted(args: unknown): boolean | undefined {
      return plan(args, model).actions[0]?.tainted;
    }
    expect(tainted({ url: "https://docs.example.test/elsewhere" })).toBe(false);
    expect(tainted({ url: "https://other.example.test/" })).toBe(false);
    expect(tainted({ url: "http://other.example.test/" })).toBe(true);
    expect(tainted({ url: "https://docs.example.test:8443/" })).toBe(true);
    expect(tainted({ url: "https://evil.example.test/docs.example.test" })).toBe(true);
    expect(tainted({ url: "https://docs.example.test/", method: "POST", body: "x" })).toBe(true);
    expect(tainted({ url: "https://docs.example.test/", secret: { handle: "handle://vault/x/y", as: "bearer" } })).toBe(
      true,
    );
  });

  it("shows status, type, redirects and body", async () => {
    expect(await present({})).toMatchObject({
      output: "HTTP 200, text/plain, 2 bytes\n\nok",
      sources: ["https://a.example.test"],
      error: null,
    });
    expect((await present({ hops: [{ status: 301, url: "https://b.example.test/" }] })).output).toBe(
      "HTTP 200, text/plain, 2 bytes\nredirected (301) to https://b.example.test/\n\nok",
    );
    expect(await present({ text: null, contentType: "", bytes: 9 })).toMatchObject({
      output: "HTTP 200, no content type, 9 bytes\n\nbinary data, sha256:00",
      classes: ["unknown"],
    });
    expect((await present({ status: 204, bytes: 0, text: "", contentType: "" })).output).toBe(
      "HTTP 204, no content type, 0 bytes",
    );
    expect((await present({ truncated: true })).truncated).toBe(true);
  });

  it("shows in its question all that would be sent", async () => {
    const { preview } = await plan({
      url: "https://a.example.test/",
      method: "POST",
      headers: { "X-A": "1" },
      body: "content",
      secret: { handle: "handle://vault/x/y", as: "bearer" },
    }).prepare({ state: () => Promise.reject(new Error("no")) });
    expect(preview).toEqual({
      kind: "text",
      text: [
        "POST https://a.example.test/",
        "user-agent: agentzero",
        "accept: */*",
        "x-a: 1",
        "secret: handle://vault/x/y as bearer",
        "",
        "content",
      ].join("\n"),
    });
  });
});
